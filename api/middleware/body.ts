/** Reads a JSON body within the limit, and refuses what is not one before reading it where the headers tell. */
import type { Exchange } from '../routes/exchange.ts';
import { parseJson } from './json-text.ts';
import { isJsonMediaType } from './media-type.ts';
import { refuse, Refusal, edgeFailure } from './refusal.ts';

/** The caller closed the connection before its body was complete: there is nobody to answer. */
export class CallerLeft extends Error {
  override readonly name = 'CallerLeft';
}

/** Throws a {@link Refusal} with 400, 413 or 415, or {@link CallerLeft}. A body that arrives too slowly is the server's `requestTimeout`: 408. */
export async function readJson(exchange: Exchange, maxBytes: number): Promise<unknown> {
  const { headers } = exchange.req;
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    // A few kilobytes of gzip inflate to gigabytes; no OpenAI client compresses its requests.
    refuse(
      'unsupported_media_type',
      `Content-Encoding "${printable(encoding)}" is not supported; send the body uncompressed.`,
    );
  }
  if (!isJsonMediaType(headers['content-type'])) {
    refuse(
      'unsupported_media_type',
      `Content-Type ${headers['content-type'] === undefined ? 'is missing' : `"${printable(headers['content-type'])}" is not supported`}; send "application/json" in UTF-8.`,
    );
  }
  const declared = headers['content-length'];
  if (declared !== undefined && Number(declared) > maxBytes) throw tooLarge(maxBytes);
  const bytes = await readBytes(exchange, maxBytes);
  if (bytes.length === 0) refuse('invalid_request', 'The request body is empty; a JSON object is expected.');
  return parseJson(decode(bytes));
}

/** A body of any type, within the limit. Throws a {@link Refusal} with 413 or 415, or {@link CallerLeft}. */
export async function readRaw(exchange: Exchange, maxBytes: number): Promise<Buffer> {
  const { headers } = exchange.req;
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    refuse(
      'unsupported_media_type',
      `Content-Encoding "${printable(encoding)}" is not supported; send the body uncompressed.`,
    );
  const declared = headers['content-length'];
  if (declared !== undefined && Number(declared) > maxBytes) throw tooLarge(maxBytes);
  return readBytes(exchange, maxBytes);
}

function readBytes({ req, res }: Exchange, maxBytes: number): Promise<Buffer> {
  if (req.headers.expect?.toLowerCase() === '100-continue') res.writeContinue();
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    const onData = (part: Buffer): void => {
      size += part.length;
      if (size <= maxBytes) {
        parts.push(part);
        return;
      }
      req.off('data', onData);
      req.off('end', onEnd);
      reject(tooLarge(maxBytes));
    };
    const onEnd = (): void => {
      const [only] = parts;
      resolve(parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, size));
    };
    req.on('data', onData);
    req.on('end', onEnd);
    req.on('error', () => reject(new CallerLeft()));
    req.on('close', () => {
      if (!req.complete) reject(new CallerLeft());
    });
  });
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return refuse('invalid_request', 'The request body is not valid UTF-8.');
  }
}

function tooLarge(maxBytes: number): Refusal {
  return new Refusal(
    edgeFailure('request_too_large', `The request body is larger than the limit of ${maxBytes} bytes.`),
  );
}

function printable(header: string): string {
  return header.slice(0, 100).replace(/[^\x20-\x7e]/g, '?');
}
