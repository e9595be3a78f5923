/** The activities of batches, with heartbeats. Each reads the ledger first, so that it may be repeated at any time. */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, Context } from '@temporalio/activity';
import { carryLine, type LineDeps } from './batch/carry-line.ts';
import { csvLines } from './batch/csv-lines.ts';
import { createPace, type Pace } from './batch/pace.ts';
import type { LineSource, ValidateDeps } from './batch/validate.ts';
import { validate } from './batch/validate.ts';
import { writeResults } from './batch/write-results.ts';
import type { BatchActivities, BatchPlan, BatchSummary, ChunkInput, ChunkResult } from './contract.ts';
import { findOpenLines, readLinesToDo } from './store/batch-lines.ts';
import { beginBatch, endBatch, failBatch, findBatch, markFinalizing, type BatchRow } from './store/batches.ts';
import { findFile } from './store/files.ts';
import { requestCancel } from './store/requests.ts';

export type BatchActivitiesDeps = LineDeps &
  ValidateDeps & {
    /** Whether callers wait for answers of this process. */
    readonly busy: () => boolean;
    /** Aborted when this process stops: lines not begun are left to another. */
    readonly stopping: AbortSignal;
    readonly cancelWorkflow: (requestId: string) => Promise<unknown>;
    /** Which workflow carries a line, from its acceptance to its settlement. */
    readonly noteCarrier: (requestId: string, workflowId: string | undefined) => void;
  };

const HEARTBEAT_MS = 1_000;
const LOOK_MS = 500;
const OPEN_AT_ONCE = 1_000;
export const CHUNK_LINES = 50;
/** Of batches that have ended or gone elsewhere; a pace is a few numbers. */
const MOST_PACES = 1_000;

export function createBatchActivities(deps: BatchActivitiesDeps): BatchActivities {
  const paces = new Map<string, Pace>();
  const paceOf = (id: string): Pace => {
    const known = paces.get(id);
    if (known !== undefined) return known;
    if (paces.size >= MOST_PACES) paces.clear();
    const pace = createPace({ max: () => deps.config().holdfast.batches.concurrency, busy: deps.busy });
    paces.set(id, pace);
    return pace;
  };
  return {
    validateBatch: async ({ id }) => beating(async (beat) => validateBatch(deps, id, beat)),
    runChunk: async (input) => beating(async (beat) => runChunk(deps, input, paceOf(input.id), beat)),
    awaitLines: async ({ id, stop }) => beating(async (beat) => awaitLines(deps, id, stop, beat)),
    finishBatch: async ({ id, end }) =>
      beating(async (beat) => {
        const batch = await requireBatch(deps, id);
        if (isOver(batch)) return toSummary(batch);
        await markFinalizing(deps.database, id);
        // Asked for in the ledger, it may not have reached the workflow while Temporal was away.
        const how = batch.state === 'cancelling' ? 'cancelled' : end;
        const result = await writeResults(deps.database, batch, how, (lines) => beat({ written: lines }));
        await endBatch(deps.database, id, result);
        return toSummary(await requireBatch(deps, id));
      }),
  };
}

/** Heartbeats while the work lasts, with what it last told about itself. */
async function beating<T>(work: (beat: (details: object) => void) => Promise<T>): Promise<T> {
  const context = Context.current();
  let details: object = {};
  const timer = setInterval(() => {
    context.heartbeat(details);
  }, HEARTBEAT_MS);
  try {
    return await work((told) => {
      details = told;
    });
  } finally {
    clearInterval(timer);
  }
}

async function requireBatch(deps: BatchActivitiesDeps, id: string): Promise<BatchRow> {
  const batch = await findBatch(deps.database, id);
  // Repeating cannot bring the row back.
  if (batch === undefined) throw ApplicationFailure.nonRetryable(`Batch ${id} is not in the ledger.`, 'UnknownBatch');
  return batch;
}

function isOver({ state }: BatchRow): boolean {
  return state === 'completed' || state === 'failed' || state === 'expired' || state === 'cancelled';
}

async function validateBatch(
  deps: BatchActivitiesDeps,
  id: string,
  beat: (details: object) => void,
): Promise<BatchPlan> {
  const batch = await requireBatch(deps, id);
  if (isOver(batch)) return { kind: 'ended', state: batch.state };
  if (batch.state !== 'validating' || batch.inProgressAt !== undefined) return toPlan(deps, batch);
  if (batch.dialect === 'anthropic') {
    await beginBatch(deps.database, id, {
      total: batch.total,
      ...(batch.model === undefined ? {} : { model: batch.model }),
    });
    return toPlan(deps, await requireBatch(deps, id));
  }
  const file = batch.inputFileId === undefined ? undefined : await findFile(deps.database, batch.inputFileId);
  if (file === undefined) {
    await failBatch(deps.database, id, [
      { code: 'file_not_found', message: 'The input file does not exist any more.' },
    ]);
    return { kind: 'ended', state: 'failed', problem: 'file_not_found' };
  }
  const source = sourceOf(deps, batch);
  const validated = await validate(deps, batch, {
    onProgress: (lines) => beat({ lines }),
    signal: deps.stopping,
    ...(source === undefined ? {} : { source }),
  });
  if (validated.kind === 'problems') {
    await failBatch(deps.database, id, validated.problems);
    const [first] = validated.problems;
    return { kind: 'ended', state: 'failed', problem: `${first?.code ?? ''} in line ${first?.line ?? '?'}` };
  }
  const { total, model } = validated;
  await beginBatch(deps.database, id, { total, ...(model === undefined ? {} : { model }) });
  return toPlan(deps, await requireBatch(deps, id));
}

/** Reads the input where it is no list of requests. */
function sourceOf(deps: BatchActivitiesDeps, { template, endpoint }: BatchRow): LineSource | undefined {
  if (template === undefined) return undefined;
  const parsed = JSON.parse(template) as Readonly<Record<string, unknown>>;
  const maxLineBytes = deps.config().holdfast.maxBodyBytes;
  return (pieces) => csvLines(pieces, parsed, { endpoint, maxLineBytes });
}

function toPlan(deps: BatchActivitiesDeps, batch: BatchRow): BatchPlan {
  return {
    kind: 'ready',
    total: batch.total,
    tenant: batch.tenant,
    expiresInMs: Math.max(0, batch.expiresAt.getTime() - Date.now()),
    // One more than the limit fills, so that there is work while a chunk waits for its last line.
    slots: Math.ceil(deps.config().holdfast.batches.concurrency / CHUNK_LINES) + 1,
    paused: batch.pausedAt !== undefined,
  };
}

async function runChunk(
  deps: BatchActivitiesDeps,
  { id, from, to }: ChunkInput,
  pace: Pace,
  beat: (details: object) => void,
): Promise<ChunkResult> {
  const context = Context.current();
  const batch = await requireBatch(deps, id);
  const of = to - from + 1;
  if (isOver(batch) || batch.state === 'cancelling') return { ended: 0, left: 0 };
  const signal = AbortSignal.any([context.cancellationSignal, deps.stopping]);
  // Each line waits for it; Node takes more than ten for a leak.
  setMaxListeners(CHUNK_LINES, signal);
  const carrier = context.info.workflowExecution?.workflowId;
  const lines = await readLinesToDo(deps.database, id, from, to);
  let ended = of - lines.length;
  let left = 0;
  const carry = async (line: (typeof lines)[number]): Promise<void> => {
    if (!(await pace.enter(signal))) return;
    deps.noteCarrier(line.requestId, carrier);
    try {
      const by = { ...(carrier === undefined ? {} : { carrier }), signal };
      const { kind, sent, retryAfterMs } = await carryLine(deps, batch, line, by);
      pace.leave(sent, retryAfterMs);
      if (kind === 'left') left += 1;
      else ended += 1;
      beat({ from, to, ended, left });
    } catch (error) {
      pace.leave('other');
      throw error;
    } finally {
      deps.noteCarrier(line.requestId, undefined);
    }
  };
  const outcomes = await Promise.allSettled(lines.map(carry));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  // Another process goes on with what was not begun here.
  if (signal.aborted && ended + left < of && context.cancellationDetails?.cancelRequested !== true)
    throw new Error('The process is stopping.');
  return { ended, left };
}

async function awaitLines(
  deps: BatchActivitiesDeps,
  id: string,
  stop: boolean,
  beat: (details: object) => void,
): Promise<void> {
  const { cancellationSignal } = Context.current();
  const signal = AbortSignal.any([cancellationSignal, deps.stopping]);
  const told = new Set<string>();
  for (;;) {
    const open = await findOpenLines(deps.database, id, OPEN_AT_ONCE);
    beat({ open: open.length });
    if (open.length === 0) return;
    if (stop) {
      for (const requestId of open.filter((candidate) => !told.has(candidate))) {
        told.add(requestId);
        await requestCancel(deps.database, requestId);
        if (!deps.attempts.cancel(requestId)) await deps.cancelWorkflow(requestId);
      }
    }
    await sleep(LOOK_MS, undefined, { signal });
  }
}

function toSummary(batch: BatchRow): BatchSummary {
  const tokens =
    batch.usage === undefined ? undefined : (JSON.parse(batch.usage) as { total_tokens: number }).total_tokens;
  return {
    state: batch.state,
    total: batch.total,
    completed: batch.completed,
    failed: batch.failed,
    ...(batch.costNano === undefined ? {} : { costUsd: Number(batch.costNano) / 1e9 }),
    ...(tokens === undefined ? {} : { tokens }),
  };
}
