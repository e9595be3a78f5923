/** `holdfast batch`: orders a batch from a file, watches it, stops it, fetches its results. */
import { createReadStream, createWriteStream, openAsBlob } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, type Context } from './context.ts';
import {
  CommandFailed,
  createGatewayClient,
  type ClientFlags,
  type GatewayClient,
  type Json,
} from './gateway-client.ts';

export type SubmitFlags = ClientFlags & {
  readonly endpoint?: string;
  readonly window: string;
  readonly watch?: boolean;
  readonly template?: string;
};

export type DownloadFlags = ClientFlags & { readonly output?: string; readonly errors?: boolean };

const POLL_MS = 1_000;
const OVER: ReadonlySet<unknown> = new Set(['completed', 'failed', 'expired', 'cancelled']);

export async function submitBatch(file: string, flags: SubmitFlags, context: Context): Promise<number> {
  const client = await createGatewayClient(flags, context);
  const template = flags.template === undefined ? undefined : await readTemplate(flags.template);
  const endpoint = flags.endpoint ?? (template === undefined ? await endpointOf(file) : '/v1/chat/completions');
  const form = new FormData();
  form.append('purpose', 'batch');
  form.append('file', await openAsBlob(file), basename(file));
  const uploaded = await client.upload('/v1/files', form);
  const batch = await client.post('/v1/batches', {
    input_file_id: uploaded['id'],
    endpoint,
    completion_window: flags.window,
    ...(template === undefined ? {} : { csv_template: template }),
  });
  if (flags.watch === true) return watch(client, String(batch['id']), flags, context);
  show(batch, flags, context);
  return EXIT.ok;
}

async function readTemplate(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch (error) {
    throw new CommandFailed(`${file} is no JSON file: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What the first line says: all lines of a batch go to one endpoint. */
async function endpointOf(file: string): Promise<string> {
  try {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      if (line.trim() === '') continue;
      const { url } = JSON.parse(line.replace(/^\uFEFF/, '')) as { url?: unknown };
      if (typeof url === 'string') return url;
      break;
    }
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === 'ENOENT' || code === 'EACCES' || code === 'EISDIR')
      throw new CommandFailed(`${file} cannot be read (${code}).`);
  }
  throw new CommandFailed(`The first line of ${file} names no url: give --endpoint /v1/chat/completions`);
}

export async function batchStatus(
  id: string,
  flags: ClientFlags & { watch?: boolean },
  context: Context,
): Promise<number> {
  const client = await createGatewayClient(flags, context);
  if (flags.watch === true) return watch(client, id, flags, context);
  show(await client.get(pathOf(id)), flags, context);
  return EXIT.ok;
}

export async function cancelBatch(id: string, flags: ClientFlags, context: Context): Promise<number> {
  const client = await createGatewayClient(flags, context);
  show(await client.post(`${pathOf(id)}/cancel`, {}), flags, context);
  return EXIT.ok;
}

export async function downloadBatch(id: string, flags: DownloadFlags, context: Context): Promise<number> {
  const client = await createGatewayClient(flags, context);
  const batch = await client.get(pathOf(id));
  const kind = flags.errors === true ? 'error' : 'output';
  const fileId = batch[`${kind}_file_id`];
  if (typeof fileId !== 'string')
    throw new CommandFailed(`${id} is ${String(batch['status'])} and has no ${kind} file.`);
  const to = flags.output ?? `${id}_${kind}.jsonl`;
  await pipeline(await client.download(`/v1/files/${encodeURIComponent(fileId)}/content`), createWriteStream(to));
  context.print(flags.json === true ? JSON.stringify({ id, file_id: fileId, path: to }) : to);
  return EXIT.ok;
}

/** One line a change; the exit code says whether it was completed. */
async function watch(client: GatewayClient, id: string, flags: ClientFlags, context: Context): Promise<number> {
  let said = '';
  for (;;) {
    const batch = await client.get(pathOf(id));
    const over = OVER.has(batch['status']);
    const line = flags.json === true ? JSON.stringify(batch) : lineOf(batch);
    if (line !== said && (flags.json !== true || over)) context.print(line);
    said = line;
    if (over) return batch['status'] === 'completed' ? EXIT.ok : EXIT.failed;
    await sleep(POLL_MS, undefined, { signal: context.stop });
  }
}

function show(batch: Json, flags: ClientFlags, context: Context): void {
  context.print(flags.json === true ? JSON.stringify(batch, undefined, 2) : lineOf(batch));
}

function lineOf(batch: Json): string {
  const counts = batch['request_counts'] as { total: number; completed: number; failed: number };
  const { errors } = batch as { errors?: { data?: readonly { line?: number | null; message: string }[] } | null };
  const parts = [
    String(batch['id']),
    `${String(batch['status'])}${batch['paused'] === true ? ' (paused)' : ''}`,
    `${counts.completed} of ${counts.total} answered`,
    ...(counts.failed > 0 ? [`${counts.failed} without an answer`] : []),
    ...(typeof batch['cost'] === 'number' ? [`${batch['cost']} USD`] : []),
  ];
  const wrong = (errors?.data ?? []).map(
    ({ line, message }) => `\n  ${typeof line !== 'number' ? '' : `line ${line}: `}${message}`,
  );
  return parts.join(' · ') + wrong.join('');
}

function pathOf(id: string): string {
  return `/v1/batches/${encodeURIComponent(id)}`;
}
