/** The files of a batch's results, written from the ledger in the order of the lines, some hundred at a time. */
import { readResults } from '../store/batch-lines.ts';
import type { BatchEnd, BatchResult, BatchRow } from '../store/batches.ts';
import { openFileWriter, type FileWriter } from '../store/file-writer.ts';
import type { Database } from '../store/pool.ts';
import { toResultLine, type Outcome } from './result-lines.ts';

const LINES_AT_ONCE = 200;

type Counts = Record<Outcome, number>;

/** Tokens of all lines, as OpenAI counts them for a batch. */
type Tokens = { input: number; output: number; cached: number; reasoning: number };

/** Writing is begun anew each time: a file that was left half written is overwritten, under the same id. */
export async function writeResults(
  database: Database,
  batch: BatchRow,
  end: Exclude<BatchEnd, 'failed'>,
  onProgress: (lines: number) => void,
): Promise<BatchResult> {
  const counts: Counts = { completed: 0, failed: 0, cancelled: 0, expired: 0 };
  const tokens: Tokens = { input: 0, output: 0, cached: 0, reasoning: 0 };
  const writers: Partial<Record<'output' | 'error', FileWriter>> = {};
  let costNano: bigint | undefined;
  let written = 0;
  let after = 0;
  for (;;) {
    const lines = await readResults(database, batch.id, after, LINES_AT_ONCE);
    const texts: Record<'output' | 'error', string[]> = { output: [], error: [] };
    for (const line of lines) {
      const { outcome, text } = toResultLine(line, batch.dialect, end);
      counts[outcome] += 1;
      // Anthropic's results are one file.
      texts[outcome === 'completed' || batch.dialect === 'anthropic' ? 'output' : 'error'].push(text);
      if (line.costNano !== undefined) costNano = (costNano ?? 0n) + line.costNano;
      addTokens(tokens, line.usage);
    }
    for (const kind of ['output', 'error'] as const) {
      if (texts[kind].length === 0) continue;
      writers[kind] ??= await openFileWriter(database, toFile(batch, kind));
      await writers[kind].write(Buffer.from(`${texts[kind].join('\n')}\n`));
    }
    written += lines.length;
    onProgress(written);
    if (lines.length < LINES_AT_ONCE) break;
    after = lines.at(-1)?.n ?? after;
  }
  const expiry = batch.outputExpiresAfterS === undefined ? {} : { expiresAfterS: batch.outputExpiresAfterS };
  for (const writer of Object.values(writers)) await writer.finish({ purpose: 'batch_output', ...expiry });
  return {
    ...counts,
    total: written,
    end,
    usage: JSON.stringify(toUsage(tokens)),
    ...(costNano === undefined ? {} : { costNano }),
    ...(writers.output === undefined ? {} : { outputFileId: writers.output.id }),
    ...(writers.error === undefined ? {} : { errorFileId: writers.error.id }),
  };
}

function toFile(
  { id, tenant }: BatchRow,
  kind: 'output' | 'error',
): { id: string; tenant: string; filename: string; purpose: string } {
  // The id of the batch cannot be guessed, so neither can this one; a repeated attempt writes the same file.
  const tail = id.slice(id.lastIndexOf('_') + 1);
  return { id: `file-${tail}${kind}`, tenant, filename: `${id}_${kind}.jsonl`, purpose: 'batch_output' };
}

function addTokens(tokens: Tokens, usage: string | undefined): void {
  if (usage === undefined) return;
  const counted = JSON.parse(usage) as {
    prompt_tokens?: number;
    completion_tokens?: number;
    prompt_tokens_details?: { cached_tokens?: number } | null;
    completion_tokens_details?: { reasoning_tokens?: number } | null;
  };
  tokens.input += counted.prompt_tokens ?? 0;
  tokens.output += counted.completion_tokens ?? 0;
  tokens.cached += counted.prompt_tokens_details?.cached_tokens ?? 0;
  tokens.reasoning += counted.completion_tokens_details?.reasoning_tokens ?? 0;
}

function toUsage({ input, output, cached, reasoning }: Tokens): object {
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  };
}
