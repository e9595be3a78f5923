/** Bytes that pass, as JSON keeps them: readable where they are text. */
import type { Content } from '../providers/dialects/passed.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function contentOf(bytes: Uint8Array): Content {
  if (bytes.byteLength === 0) return {};
  try {
    return { text: utf8.decode(bytes) };
  } catch {
    return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') };
  }
}

export function bytesOf({ text, base64 }: Content): string | Buffer {
  return base64 === undefined ? (text ?? '') : Buffer.from(base64, 'base64');
}
