/** Files that callers upload, as the ledger keeps them, and the forms in which providers want them. */
import { z } from 'zod';
import { Refused } from './refused.ts';
import { isObject, type JsonObject } from './json.ts';

export type UploadedFile = { readonly filename: string; readonly content_type: string; readonly base64: string };

/** In a request it is a part of a form; the gateway makes this of it. */
export const fileSchema = z
  .object(
    { filename: z.string(), content_type: z.string(), base64: z.string().min(1) },
    { error: 'must be an uploaded file' },
  )
  .meta({ override: asPart });

/** The document shows what is sent, not what is made of it. */
function asPart({ jsonSchema }: { readonly jsonSchema: Record<string, unknown> }): void {
  for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
  Object.assign(jsonSchema, { type: 'string', format: 'binary' });
}

export function isFile(value: unknown): value is UploadedFile {
  return (
    isObject(value) &&
    typeof value['filename'] === 'string' &&
    typeof value['content_type'] === 'string' &&
    typeof value['base64'] === 'string'
  );
}

/** The file under this name. Throws `Refused` when there is none. */
export function fileIn(body: JsonObject, name: string): UploadedFile {
  const file = body[name];
  if (!isFile(file)) throw new Refused('invalid_request', `Missing required file: '${name}'.`, name);
  return file;
}

/** Throws `Refused` when the text is no base64, which only a ledger written by others can hold. */
export function bytesOf({ base64 }: UploadedFile): Uint8Array {
  let binary: string;
  try {
    binary = atob(base64);
  } catch {
    throw new Refused('invalid_request', 'The uploaded file could not be read back.', 'file');
  }
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

export type Form = { readonly contentType: string; readonly body: Uint8Array };

/**
 * A `multipart/form-data` body (RFC 7578). Lists become fields of one name with `[]`. `id` makes the boundary: it is the request's own,
 * which no file can hold that was made before the request.
 */
export function toForm(fields: JsonObject, id: string): Form {
  const boundary = `holdfast-${id.replaceAll(/[^A-Za-z0-9]/g, '').slice(0, 48)}`;
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  const add = (name: string, value: unknown): void => {
    const disposition = `--${boundary}\r\ncontent-disposition: form-data; name="${quoted(name)}"`;
    if (isFile(value)) {
      const head = `${disposition}; filename="${quoted(value.filename)}"\r\ncontent-type: ${oneLine(value.content_type)}\r\n\r\n`;
      parts.push(encoder.encode(head), bytesOf(value), encoder.encode('\r\n'));
      return;
    }
    parts.push(encoder.encode(`${disposition}\r\n\r\n${fieldText(value)}\r\n`));
  };
  for (const [name, value] of Object.entries(fields)) {
    if (Array.isArray(value)) for (const one of value as unknown[]) add(`${name}[]`, one);
    else if (value !== undefined && value !== null) add(name, value);
  }
  parts.push(encoder.encode(`--${boundary}--\r\n`));
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: joined(parts) };
}

function fieldText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** As browsers write it: a quote or a line break in a name would begin a header of the caller's making. */
function quoted(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function oneLine(contentType: string): string {
  return /^[\x20-\x7e]+$/.test(contentType) ? contentType : 'application/octet-stream';
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
