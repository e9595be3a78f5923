/** Reads `multipart/form-data` within limits, as it arrives: fields become text, files become base64. */
import busboy from 'busboy';
import type { UploadedFile } from '../../providers/protocol/file.ts';
import type { Exchange } from '../routes/exchange.ts';
import { CallerLeft } from './body.ts';
import { edgeFailure, refuse, Refusal } from './refusal.ts';

export const FORM_LIMITS = {
  /** OpenAI's own limit for sound. */
  fileBytes: 25 * 1024 * 1024,
  /** Sixteen pictures and a mask. */
  files: 17,
  fields: 100,
  fieldBytes: 1024 * 1024,
  nameBytes: 100,
} as const;

/** RFC 2046 §5.1.1. Without the limit, a search for a boundary of megabytes would take the processor. */
const LONGEST_BOUNDARY = 70;

/** `name`, or `name[]` for one of a list. */
const NAME = /^([A-Za-z][\w.-]*)(\[\])?$/;

/** Throws a {@link Refusal} with 400, 413 or 415, or {@link CallerLeft}. */
export async function readForm(exchange: Exchange, maxBytes: number): Promise<Record<string, unknown>> {
  requireForm(exchange, maxBytes);
  return parse(exchange, maxBytes);
}

/** Refuses by the headers alone what is no form, or too large a one. Throws a {@link Refusal} with 400, 413 or 415. */
export function requireForm(exchange: Exchange, maxBytes: number): void {
  const { headers } = exchange.req;
  const contentType = headers['content-type'] ?? '';
  if (!/^multipart\/form-data\s*;/i.test(contentType))
    refuse('unsupported_media_type', 'The body must be "multipart/form-data" with a boundary.');
  const boundary = /;\s*boundary=(?:"([^"]*)"|([^\s;]+))/i.exec(contentType);
  const length = (boundary?.[1] ?? boundary?.[2] ?? '').length;
  if (length === 0 || length > LONGEST_BOUNDARY)
    refuse('invalid_request', `The boundary of the form must have 1 to ${LONGEST_BOUNDARY} characters.`);
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    refuse('unsupported_media_type', 'Compressed bodies are not supported; send the form uncompressed.');
  const declared = headers['content-length'];
  if (declared !== undefined && Number(declared) > maxBytes) throw tooLarge(maxBytes);
}

/** The whole form is. */
export function tooLarge(maxBytes: number): Refusal {
  return new Refusal(edgeFailure('request_too_large', `The form is larger than the limit of ${maxBytes} bytes.`));
}

async function parse({ req, res }: Exchange, maxBytes: number): Promise<Record<string, unknown>> {
  if (req.headers.expect?.toLowerCase() === '100-continue') res.writeContinue();
  return new Promise((resolve, reject) => {
    // Without a prototype: a field may be called `constructor`.
    const form = Object.create(null) as Record<string, unknown>;
    const { fileBytes, files, fields, fieldBytes, nameBytes } = FORM_LIMITS;
    const parser = busboy({
      headers: req.headers,
      defParamCharset: 'utf8',
      limits: {
        fileSize: fileBytes,
        files,
        fields,
        fieldSize: fieldBytes,
        fieldNameSize: nameBytes,
        parts: files + fields,
      },
    });
    let ended = false;
    const fail = (error: Error): void => {
      if (ended) return;
      ended = true;
      req.off('data', onData);
      req.off('end', onEnd);
      // The rest of the body is read to nowhere; the response closes the connection.
      req.resume();
      // Not from inside its own callbacks: the parser goes on with the packet at hand, and trips over what it has lost.
      setImmediate(() => parser.destroy());
      reject(error);
    };
    const wrong = (message: string, param?: string): void =>
      fail(new Refusal(edgeFailure('invalid_request', message, param)));
    let size = 0;
    const onData = (bytes: Buffer): void => {
      size += bytes.length;
      if (size > maxBytes) fail(tooLarge(maxBytes));
      else parser.write(bytes);
    };
    const onEnd = (): void => {
      parser.end();
    };

    parser.on('field', (name, value, { nameTruncated, valueTruncated }) => {
      if (valueTruncated) wrong(`The field is longer than ${fieldBytes} bytes.`, shown(name));
      else if (nameTruncated || !put(form, name, value)) wrong(`The form has a wrong field: '${shown(name)}'.`);
    });
    parser.on('file', (name, stream, { filename, mimeType }) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      // A part that is cut off is reported by the parser, too.
      stream.on('error', () => wrong('The form is cut off.'));
      stream.on('limit', () =>
        fail(new Refusal(edgeFailure('request_too_large', `The file is larger than ${fileBytes} bytes.`, shown(name)))),
      );
      stream.on('close', () => {
        const file: UploadedFile = {
          filename: filename === undefined || filename === '' ? 'file' : filename.slice(0, 255),
          content_type: mimeType,
          base64: Buffer.concat(parts).toString('base64'),
        };
        if (!put(form, name, file)) wrong(`The form has a wrong field: '${shown(name)}'.`);
      });
    });
    parser.on('filesLimit', () => wrong(`The form has more than ${files} files.`));
    parser.on('fieldsLimit', () => wrong(`The form has more than ${fields} fields.`));
    parser.on('partsLimit', () => wrong('The form has too many parts.'));
    parser.on('error', () => wrong('The form cannot be read: it is cut off or no multipart/form-data.'));
    parser.on('close', () => {
      if (ended) return;
      ended = true;
      resolve({ ...form });
    });
    req.on('data', onData);
    req.on('end', onEnd);
    req.on('error', () => fail(new CallerLeft()));
    req.on('close', () => {
      if (!req.complete) fail(new CallerLeft());
    });
  });
}

function shown(name: string): string {
  return name.slice(0, 100);
}

/** False for a name that no field of ours has. */
function put(form: Record<string, unknown>, given: string, value: string | UploadedFile): boolean {
  const [, name, list] = NAME.exec(given) ?? [];
  if (name === undefined || name === '__proto__') return false;
  const typed = typeof value === 'string' ? typedValue(name, value) : value;
  const known = form[name];
  if (known === undefined) form[name] = list === undefined ? typed : [typed];
  else if (Array.isArray(known)) known.push(typed);
  else form[name] = [known, typed];
  return true;
}

/** A form knows only text. These fields are numbers, switches and lists where the same request is JSON. */
const NUMBERS: ReadonlySet<string> = new Set([
  'n',
  'temperature',
  'output_compression',
  'num_retries',
  'timeout',
  'stream_timeout',
]);
const SWITCHES: ReadonlySet<string> = new Set(['stream', 'drop_params', 'disable_fallbacks']);
const LISTS: ReadonlySet<string> = new Set([
  'fallbacks',
  'tags',
  'additional_drop_params',
  'allowed_openai_params',
  'metadata',
]);

/** What is none stays text, and is then refused by the schema with its name. */
function typedValue(name: string, value: string): unknown {
  if (NUMBERS.has(name)) return /^-?\d{1,15}(\.\d{1,15})?$/.test(value.trim()) ? Number(value) : value;
  if (SWITCHES.has(name)) return value === 'true' ? true : value === 'false' ? false : value;
  if (LISTS.has(name) && /^[[{]/.test(value)) {
    try {
      return JSON.parse(value) as unknown;
    } catch {
      return value;
    }
  }
  return value;
}
