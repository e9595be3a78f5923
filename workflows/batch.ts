/** A batch: checks its input, has its lines answered shard by shard, writes the results; stops when told to or when its time is over. */
import {
  CancellationScope,
  condition,
  defineSignal,
  isCancellation,
  setCurrentDetails,
  setHandler,
  startChild,
  workflowInfo,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import type { BatchEndInput, BatchInput, BatchPlan, BatchSummary } from '../activities/contract.ts';
import { batchActivities } from './batch-activities.ts';
import type { batchShard } from './batch-shard.ts';
import { CANCEL_SIGNAL, PAUSE_SIGNAL, RESUME_SIGNAL } from './messages.ts';
import { noteEnd, noteStatus } from './search-attributes.ts';

/** A shard of these has some hundred events; a history may have 51,200. */
const SHARD_LINES = 5_000;
/** The last lines of one shard take their time: meanwhile the next one fills the slots. */
const SHARDS_AT_ONCE = 2;

type Ready = Extract<BatchPlan, { kind: 'ready' }>;
type Shard = ChildWorkflowHandle<typeof batchShard>;

export async function batch({ id }: BatchInput): Promise<BatchSummary> {
  const { validateBatch } = batchActivities(id);
  let cancelled = false;
  let paused: boolean | undefined;
  const shards = new Set<Shard>();
  const hold = (signal: typeof PAUSE_SIGNAL | typeof RESUME_SIGNAL) => async (): Promise<void> => {
    paused = signal === PAUSE_SIGNAL;
    // One that has ended in the meantime needs no telling.
    await Promise.allSettled([...shards].map(async (shard) => shard.signal(signal)));
  };
  setHandler(defineSignal(CANCEL_SIGNAL), () => {
    cancelled = true;
  });
  setHandler(defineSignal(PAUSE_SIGNAL), hold(PAUSE_SIGNAL));
  setHandler(defineSignal(RESUME_SIGNAL), hold(RESUME_SIGNAL));

  const plan = await validateBatch({ id });
  if (plan.kind === 'ended') return refused(plan);
  noteStatus('in_progress');
  const { awaitLines, finishBatch } = batchActivities(plan.tenant);
  const work = new CancellationScope();
  const done = work.run(async () => {
    await runShards(id, plan, shards, () => paused ?? plan.paused);
    // Lines that needed more than a quick second try are in workflows of their own.
    await awaitLines({ id, stop: false });
  });
  const end = await endOf(done, plan, () => cancelled);
  if (end !== 'completed') {
    noteStatus(end === 'cancelled' ? 'cancelling' : end);
    work.cancel();
    await done.catch(ignoreCancellation);
    await awaitLines({ id, stop: true });
  }
  const summary = await finishBatch({ id, end });
  setCurrentDetails(describe(summary));
  noteEnd(summary.state, { attempts: 1, ...summary });
  return summary;
}

function refused({ state, problem }: Extract<BatchPlan, { kind: 'ended' }>): BatchSummary {
  setCurrentDetails(problem === undefined ? `Ended: ${state}` : `The input was refused: ${problem}`);
  noteStatus(state);
  return { state, total: 0, completed: 0, failed: 0 };
}

/** What ends first: the work, the patience of its owner, or its time. */
async function endOf(done: Promise<void>, plan: Ready, cancelled: () => boolean): Promise<BatchEndInput['end']> {
  // A timer of its own scope: work that is done in time must not leave it behind.
  return CancellationScope.cancellable(async () => {
    const clock = CancellationScope.current();
    const stopped = condition(cancelled, Math.max(1, plan.expiresInMs)).then((asked): BatchEndInput['end'] =>
      asked ? 'cancelled' : 'expired',
    );
    const finished = done.then((): BatchEndInput['end'] => 'completed');
    const first = await Promise.race([finished, stopped]);
    if (first === 'completed') {
      stopped.catch(ignoreCancellation);
      clock.cancel();
    } else finished.catch(() => undefined);
    return first;
  });
}

async function runShards(id: string, plan: Ready, running: Set<Shard>, paused: () => boolean): Promise<void> {
  const { total, tenant } = plan;
  const count = Math.ceil(total / SHARD_LINES);
  const slots = Math.max(1, Math.ceil(plan.slots / Math.min(SHARDS_AT_ONCE, Math.max(1, count))));
  const { typedSearchAttributes } = workflowInfo();
  let next = 0;
  let ended = 0;
  let left = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      const n = next;
      next += 1;
      const from = n * SHARD_LINES + 1;
      const to = Math.min(total, from + SHARD_LINES - 1);
      const shard = await startChild<typeof batchShard>('batchShard', {
        workflowId: `${id}.${n + 1}`,
        args: [{ id, from, to, slots, tenant, paused: paused() }],
        typedSearchAttributes,
        staticSummary: `lines ${from} to ${to}`,
      });
      running.add(shard);
      try {
        const result = await shard.result();
        ended += result.ended;
        left += result.left;
      } finally {
        running.delete(shard);
      }
      setCurrentDetails(`${ended} of ${total} lines ended, ${left} in workflows of their own`);
    }
  };
  await Promise.all(Array.from({ length: SHARDS_AT_ONCE }, work));
}

function ignoreCancellation(error: unknown): void {
  if (!isCancellation(error)) throw error;
}

function describe({ state, total, completed, failed, costUsd, tokens }: BatchSummary): string {
  const rows: readonly (readonly [string, string | number | undefined])[] = [
    ['Outcome', state],
    ['Lines', total],
    ['Completed', completed],
    ['Failed', failed],
    ['Tokens', tokens],
    ['Cost', costUsd === undefined ? undefined : `${costUsd} USD`],
  ];
  const shown = rows.flatMap(([name, value]) => (value === undefined ? [] : [`| ${name} | ${value} |`]));
  return ['| | |', '|---|---|', ...shown, '', '&nbsp;'].join('\n');
}
