/** `/v1/files`: what batches read and write, kept in pieces. OpenAI's shapes. */
import { z } from 'zod';
import type { Caller } from '../dispatch.ts';
import { readUpload, requireField } from '../middleware/upload.ts';
import { edgeFailure, refuse, Refusal } from '../middleware/refusal.ts';
import { commonHeaders, sendJson } from '../middleware/reply.ts';
import { logAccess } from '../middleware/access-log.ts';
import type { Exchange, Params } from './exchange.ts';
import { PURPOSES, type FileRecord, type Upload } from './file-store.ts';
import { pageAfter, pageLimit, toPage } from './page.ts';
import { parseQuery, pathOf } from './params.ts';

const MIB = 1024 * 1024;
/** OpenAI's limits: of any file, and of the input of a batch. */
export const MAX_FILE_BYTES = 512 * MIB;
export const MAX_BATCH_FILE_BYTES = 200 * MIB;

/** An hour to thirty days, as in OpenAI's API. */
const expiresSeconds = z.number().int().min(3_600).max(2_592_000);
export const expiresAfterSchema = z.strictObject({ anchor: z.literal('created_at'), seconds: expiresSeconds });

export const fileUploadSchema = z
  .object({
    file: z.any().meta({ type: 'string', format: 'binary' }),
    purpose: z.enum(PURPOSES),
    expires_after: expiresAfterSchema.optional(),
  })
  .meta({ id: 'FileUpload' });

export const fileSchema = z
  .object({
    id: z.string(),
    object: z.literal('file'),
    bytes: z.number().int(),
    created_at: z.number().int(),
    expires_at: z.number().int().nullable(),
    filename: z.string(),
    purpose: z.string(),
    status: z.literal('processed'),
    status_details: z.null(),
  })
  .meta({ id: 'File' });

export const fileListSchema = z
  .object({
    object: z.literal('list'),
    data: z.array(fileSchema),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  })
  .meta({ id: 'FileList' });

export const fileDeletedSchema = z
  .object({ id: z.string(), object: z.literal('file'), deleted: z.literal(true) })
  .meta({ id: 'FileDeleted' });

const MAX_PAGE = 10_000;

export const filesQuerySchema = z.strictObject({
  purpose: z.string().min(1).max(100).optional(),
  order: z.enum(['asc', 'desc']).optional(),
  after: pageAfter,
  limit: pageLimit(MAX_PAGE, 5),
});

export async function uploadFile(exchange: Exchange, caller: Caller): Promise<void> {
  if (exchange.deps.draining()) refuse('shutting_down', 'This process is shutting down; send the file again.');
  let upload: Upload | undefined;
  try {
    const fields = await readUpload(exchange, { fileBytes: MAX_FILE_BYTES }, async (filename) => {
      upload = await exchange.deps.files.begin(filename, caller);
      return upload;
    });
    // Set above: a form without a file was refused.
    const written = upload as Upload;
    const purpose = purposeOf(requireField(fields, 'purpose'));
    const expiresAfterS = expiryOf(fields);
    if (purpose === 'batch' && written.size() > MAX_BATCH_FILE_BYTES) {
      throw new Refusal(
        edgeFailure('request_too_large', `A batch file may have ${MAX_BATCH_FILE_BYTES} bytes at most.`, 'file'),
      );
    }
    const record = await written.finish({ purpose, ...(expiresAfterS === undefined ? {} : { expiresAfterS }) });
    sendJson(exchange, 200, toFileObject(record));
  } catch (error) {
    await upload?.discard();
    throw error;
  }
}

function purposeOf(given: string): string {
  if ((PURPOSES as readonly string[]).includes(given)) return given;
  return refuse(
    'invalid_request',
    `'${given.slice(0, 100)}' is not one of ${PURPOSES.map((purpose) => `'${purpose}'`).join(', ')}.`,
    'purpose',
  );
}

/** `expires_after[anchor]` and `expires_after[seconds]`, as official clients write it into a form. */
function expiryOf(fields: ReadonlyMap<string, string>): number | undefined {
  const seconds = fields.get('expires_after[seconds]');
  const anchor = fields.get('expires_after[anchor]');
  if (seconds === undefined && anchor === undefined) return undefined;
  const parsed = expiresAfterSchema.safeParse({
    anchor,
    seconds: /^\d{1,9}$/.test(seconds ?? '') ? Number(seconds) : NaN,
  });
  if (parsed.success) return parsed.data.seconds;
  return refuse(
    'invalid_request',
    "expires_after needs the anchor 'created_at' and 3600 to 2592000 seconds.",
    'expires_after',
  );
}

export async function listFiles(exchange: Exchange, caller: Caller): Promise<void> {
  const { purpose, order = 'desc', after, limit = MAX_PAGE } = parseQuery(exchange.req.url, filesQuerySchema);
  const page = await exchange.deps.files.list(
    {
      order,
      limit,
      ...(purpose === undefined ? {} : { purpose }),
      ...(after === undefined ? {} : { after }),
    },
    caller,
  );
  sendJson(exchange, 200, toPage(page, toFileObject));
}

export async function getFile(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  sendJson(exchange, 200, toFileObject(await requireFile(exchange, caller, params)));
}

export async function deleteFile(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const { id } = await requireFile(exchange, caller, params);
  await exchange.deps.files.remove(id, caller);
  sendJson(exchange, 200, { id, object: 'file', deleted: true });
}

export async function getFileContent(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const file = await requireFile(exchange, caller, params);
  await sendFile(exchange, file, 'application/octet-stream');
}

/** In pieces, at the speed of the reader. */
export async function sendFile(exchange: Exchange, file: FileRecord, contentType: string): Promise<void> {
  const { req, res } = exchange;
  const headers = commonHeaders(exchange);
  headers['content-type'] = contentType;
  headers['content-length'] = file.bytes;
  res.writeHead(200, headers);
  if (req.method !== 'HEAD') {
    for await (const bytes of exchange.deps.files.read(file.id)) {
      if (res.destroyed) break;
      if (!res.write(bytes)) await drained(exchange);
    }
  }
  res.end();
  logAccess(exchange, 200);
}

async function drained({ res }: Exchange): Promise<void> {
  await new Promise<void>((resolve) => {
    const go = (): void => {
      res.off('drain', go);
      res.off('close', go);
      resolve();
    };
    res.on('drain', go);
    res.on('close', go);
  });
}

async function requireFile(exchange: Exchange, caller: Caller, params: Params): Promise<FileRecord> {
  const id = pathOf(params['id']) ?? '';
  // The same words for an id that does not exist and for another tenant's, so that ids cannot be probed.
  return (
    (await exchange.deps.files.get(id, caller)) ?? refuse('not_found', `No such File object: ${id.slice(0, 100)}`, 'id')
  );
}

export function toFileObject(file: FileRecord): z.infer<typeof fileSchema> {
  return {
    id: file.id,
    object: 'file',
    bytes: file.bytes,
    created_at: Math.floor(file.createdAtMs / 1000),
    expires_at: file.expiresAtMs === undefined ? null : Math.floor(file.expiresAtMs / 1000),
    filename: file.filename,
    purpose: file.purpose,
    status: 'processed',
    status_details: null,
  };
}
