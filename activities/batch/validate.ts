/** From the bytes of an input file to lines in the ledger, or to a list of what is wrong, line by line. */
import { isObject } from '../../providers/protocol/json.ts';
import type { Config } from '../config/config.ts';
import { planFor } from '../planning.ts';
import { addLines, removeLines, type NewLine } from '../store/batch-lines.ts';
import type { BatchProblem, BatchRow } from '../store/batches.ts';
import { readFileChunks } from '../store/files.ts';
import type { Database } from '../store/pool.ts';
import type { LineReader } from './line-reader.ts';
import { splitLines, type Line } from './split-lines.ts';

export type ValidateDeps = {
  readonly database: Database;
  readonly config: () => Config;
  readonly reader: LineReader;
  readonly createRequestId: () => string;
};

/** OpenAI's limit. */
export const MAX_LINES = 50_000;
/** More of them would say the same again. */
const MAX_PROBLEMS = 100;
const LINES_AT_ONCE = 500;
const BYTES_AT_ONCE = 4 * 1024 * 1024;
const MAX_CUSTOM_ID = 512;

export type Validated =
  | { readonly kind: 'lines'; readonly total: number; readonly model?: string }
  | { readonly kind: 'problems'; readonly problems: readonly BatchProblem[] };

/** What the file says before it is known whether it is right: one request a line, or one row of a table. */
export type LineSource = (pieces: AsyncIterable<Buffer>) => AsyncIterable<Line>;

type Parsed = { readonly customId: string; readonly body: Readonly<Record<string, unknown>>; readonly model: string };

export async function validate(
  deps: ValidateDeps,
  batch: BatchRow,
  options: { readonly onProgress: (lines: number) => void; readonly signal: AbortSignal; readonly source?: LineSource },
): Promise<Validated> {
  const { database } = deps;
  await removeLines(database, batch.id);
  const maxLineBytes = deps.config().holdfast.maxBodyBytes;
  const problems: BatchProblem[] = [];
  const seen = new Set<string>();
  const models = new Set<string>();
  let page: NewLine[] = [];
  let pageBytes = 0;
  let total = 0;
  const flush = async (): Promise<void> => {
    await addLines(database, batch.id, page);
    page = [];
    pageBytes = 0;
    options.onProgress(total);
  };
  const pieces = readFileChunks(database, batch.inputFileId ?? '');
  const lines = options.source?.(pieces) ?? splitLines(pieces, maxLineBytes);
  for await (const line of lines) {
    options.signal.throwIfAborted();
    const parsed =
      'problem' in line ? { code: 'invalid_line', message: line.problem } : toLine(deps, batch, line.text, seen);
    if ('message' in parsed) {
      problems.push({ ...parsed, line: line.n });
      if (problems.length >= MAX_PROBLEMS) break;
      continue;
    }
    total += 1;
    if (total > MAX_LINES) {
      problems.push({
        code: 'too_many_tasks',
        message: `The batch has more than ${MAX_LINES} requests.`,
        line: line.n,
      });
      break;
    }
    seen.add(parsed.customId);
    models.add(parsed.model);
    if (problems.length > 0) continue;
    const body = JSON.stringify(parsed.body);
    page.push({ n: total, customId: parsed.customId, requestId: deps.createRequestId(), body });
    pageBytes += body.length;
    if (page.length >= LINES_AT_ONCE || pageBytes >= BYTES_AT_ONCE) await flush();
  }
  if (total === 0 && problems.length === 0)
    problems.push({ code: 'empty_file', message: 'The batch input file holds no request.' });
  if (problems.length > 0) {
    await removeLines(database, batch.id);
    return { kind: 'problems', problems };
  }
  await flush();
  const [model] = models;
  return { kind: 'lines', total, ...(models.size === 1 && model !== undefined ? { model } : {}) };
}

function toLine(
  deps: ValidateDeps,
  batch: BatchRow,
  text: string,
  seen: ReadonlySet<string>,
): Parsed | Omit<BatchProblem, 'line'> {
  const parsed = deps.reader.parse(text);
  if ('problem' in parsed) return { code: 'invalid_json_line', message: parsed.problem };
  const { value } = parsed;
  if (!isObject(value)) return wrong('invalid_json_line', 'The line must be a JSON object.');
  const { custom_id: customId, method = 'POST', url, body } = value;
  if (typeof customId !== 'string' || customId === '')
    return wrong('missing_required_parameter', 'Missing required parameter: custom_id.', 'custom_id');
  if (customId.length > MAX_CUSTOM_ID)
    return wrong('invalid_value', `custom_id is longer than ${MAX_CUSTOM_ID} characters.`, 'custom_id');
  if (seen.has(customId))
    return wrong('duplicate_custom_id', `The custom_id '${customId.slice(0, 100)}' is used twice.`, 'custom_id');
  if (method !== 'POST') return wrong('invalid_method', 'The method must be POST.', 'method');
  if (url !== batch.endpoint && `/v1${String(url)}` !== batch.endpoint)
    return wrong('mismatched_url', `The url must be the endpoint of the batch, '${batch.endpoint}'.`, 'url');
  if (!isObject(body)) return wrong('missing_required_parameter', 'Missing required parameter: body.', 'body');
  const { model } = body;
  if (typeof model !== 'string' || model === '')
    return wrong('missing_required_parameter', 'Missing required parameter: body.model.', 'body.model');
  if (planFor(deps.config(), model, {}) === undefined)
    return wrong('model_not_found', `The model \`${model.slice(0, 200)}\` does not exist.`, 'body.model');
  return { customId, body, model };
}

function wrong(code: string, message: string, param?: string): Omit<BatchProblem, 'line'> {
  return { code, message, ...(param === undefined ? {} : { param }) };
}
