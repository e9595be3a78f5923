/** Takes one file out of a form as it arrives and hands it on piece by piece; the caller is slowed down to the speed of the store. */
import type { Readable } from 'node:stream';
import busboy from 'busboy';
import type { Exchange } from '../routes/exchange.ts';
import { CallerLeft } from './body.ts';
import { requireForm, tooLarge } from './form.ts';
import { edgeFailure, refuse, Refusal } from './refusal.ts';

export type UploadLimits = { readonly fileBytes: number };

/** Where the bytes of the file go. */
export type UploadSink = { write(bytes: Buffer): Promise<void> };

/** Boundaries, part headers and the few fields beside the file. */
const AROUND_BYTES = 1024 * 1024;
const FIELDS = 20;
const FIELD_BYTES = 64 * 1024;

/**
 * Calls `open` once, when the file begins; resolves with the fields once the whole form was read and the file was written.
 * Throws a {@link Refusal} with 400, 413 or 415, or {@link CallerLeft}; what was written until then is the caller's to remove.
 */
export async function readUpload(
  exchange: Exchange,
  { fileBytes }: UploadLimits,
  open: (filename: string) => Promise<UploadSink>,
): Promise<ReadonlyMap<string, string>> {
  const maxBytes = fileBytes + AROUND_BYTES;
  requireForm(exchange, maxBytes);
  const { req, res } = exchange;
  if (req.headers.expect?.toLowerCase() === '100-continue') res.writeContinue();
  const fields = new Map<string, string>();
  return new Promise((resolve, reject) => {
    const parser = busboy({
      headers: req.headers,
      defParamCharset: 'utf8',
      limits: { fileSize: fileBytes, files: 1, fields: FIELDS, fieldSize: FIELD_BYTES, fieldNameSize: 100 },
    });
    let writing: Promise<void> | undefined;
    let ended = false;
    const fail = (error: unknown): void => {
      if (ended) return;
      ended = true;
      req.unpipe(parser);
      // The rest of the body is read to nowhere; the response closes the connection.
      req.resume();
      setImmediate(() => parser.destroy());
      // Nothing may be removed while it is still being written.
      void (writing ?? Promise.resolve()).catch(() => undefined).then(() => reject(error as Error));
    };
    const wrong = (message: string, param?: string): void =>
      fail(new Refusal(edgeFailure('invalid_request', message, param)));

    parser.on('field', (name, value, { valueTruncated, nameTruncated }) => {
      if (nameTruncated) wrong('The form has a field with too long a name.');
      else if (valueTruncated) wrong('The field is too long.', name);
      else if (value.includes('\0')) wrong('The field holds a NUL character.', name);
      else fields.set(name, value);
    });
    parser.on('file', (name, stream, { filename }) => {
      // A form that is refused or cut off ends its file with an error, read or not: unheard, it would end the process.
      stream.on('error', () => wrong('The form is cut off.'));
      if (name !== 'file') {
        wrong(`Unknown file field: '${name.slice(0, 100)}'. The file is expected in the field 'file'.`, 'file');
        stream.resume();
        return;
      }
      stream.on('limit', () =>
        fail(new Refusal(edgeFailure('request_too_large', `The file is larger than ${fileBytes} bytes.`, 'file'))),
      );
      writing = pass(stream, open(nameOf(filename)));
      writing.catch(fail);
    });
    parser.on('filesLimit', () => wrong('The form has more than one file.', 'file'));
    parser.on('fieldsLimit', () => wrong(`The form has more than ${FIELDS} fields.`));
    parser.on('error', () => wrong('The form cannot be read: it is cut off or no multipart/form-data.'));
    parser.on('close', () => {
      if (ended) return;
      if (writing === undefined) {
        wrong("The form has no file: the field 'file' is missing.", 'file');
        return;
      }
      writing.then(() => {
        if (ended) return;
        ended = true;
        resolve(fields);
      }, fail);
    });
    let size = 0;
    req.on('data', (bytes: Buffer) => {
      size += bytes.length;
      if (size > maxBytes) fail(tooLarge(maxBytes));
    });
    req.on('error', () => fail(new CallerLeft()));
    req.on('close', () => {
      if (!req.complete) fail(new CallerLeft());
    });
    req.pipe(parser);
  });
}

/** Reads the next piece only when the one before is written. */
async function pass(stream: Readable, opening: Promise<UploadSink>): Promise<void> {
  const sink = await opening;
  for await (const bytes of stream) await sink.write(bytes as Buffer);
}

/** A name that can be shown and stored. */
function nameOf(given: string | undefined): string {
  // eslint-disable-next-line no-control-regex
  const name = (given ?? '').replaceAll(/[\0-\x1f\x7f]/g, '').slice(0, 255);
  return name === '' ? 'file' : name;
}

/** The value of a field that must be there. */
export function requireField(fields: ReadonlyMap<string, string>, name: string): string {
  return fields.get(name) ?? refuse('invalid_request', `You must provide the parameter '${name}'.`, name);
}
