/** `data:image/png;base64,…` taken apart without copying the data. */
import { textOf } from './json.ts';

export type DataUri = { readonly mediaType: string; readonly data: string };

/** Nothing when the text is no base64 data URI. */
export function parseDataUri(uri: string): DataUri | undefined {
  if (!uri.startsWith('data:')) return undefined;
  const comma = uri.indexOf(',');
  if (comma === -1) return undefined;
  const parts = uri.slice('data:'.length, comma).split(';');
  if (parts.at(-1)?.trim() !== 'base64') return undefined;
  return { mediaType: (textOf(parts[0]) ?? 'text/plain').toLowerCase(), data: uri.slice(comma + 1) };
}

/** UTF-8 text from base64; nothing when it is not base64. */
export function decodeText(base64: string): string | undefined {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
  } catch {
    return undefined;
  }
}
