/** What every process does beside its requests: prolongs its lease, stops what was cancelled elsewhere, finds what nobody carries, forgets the old. */
import type { Failure } from '../providers/protocol/errors.ts';
import { every } from './repeat.ts';
import type { Attempts } from './attempts.ts';
import type { HoldfastSettings } from './config/config.ts';
import { loseAttempt } from './store/attempts.ts';
import { forgetBatches } from './store/batches.ts';
import { forgetFiles } from './store/files.ts';
import { forgetStreams } from './store/journal.ts';
import type { Database } from './store/pool.ts';
import { forgetProcesses, type Processes } from './store/processes.ts';
import { forgetDeliveries } from './store/webhooks.ts';
import {
  endRequest,
  findCancelled,
  findStale,
  findOrphans,
  findWaiting,
  findWithoutWorkflow,
  forgetRequests,
  type Orphan,
} from './store/requests.ts';

export type KeeperDeps = {
  readonly database: Database;
  readonly processes: Processes;
  readonly attempts: Attempts;
  readonly settings: () => Pick<HoldfastSettings, 'leaseMs' | 'retentionMs' | 'streamRetentionMs'>;
  readonly giveOwnWorkflow: (orphan: Orphan) => Promise<void>;
  /** The request's own workflow; `unknown` when Temporal has lost or forgotten it. */
  readonly stateOfWorkflow: (id: string) => Promise<'running' | 'closed' | 'unknown'>;
  readonly log: { warn(details: object, message: string): void; info(details: object, message: string): void };
};

export type Keeper = { stop(): void };

const CANCEL_MS = 500;
const ORPHANS_MS = 1_000;
const WITHOUT_WORKFLOW_MS = 3_000;
const FORGET_MS = 60_000;
/** At a time: a crash of a busy process leaves thousands, and starting them all at once would stall the callers of this one. */
const ORPHANS_AT_ONCE = 50;
const WAITING_MS = 30_000;
const STALE_MS = 5_000;
const WAITING_AT_ONCE = 100;
const FORGET_AT_ONCE = 5_000;
const FORGET_BATCHES_AT_ONCE = 1_000;
/** Each may have thousands of pieces. */
const FORGET_FILES_AT_ONCE = 20;
/** Owner ids are looked up while requests of their time are open; long after that they are noise. */
const FORGET_PROCESSES_AFTER_MS = 24 * 3_600_000;

const FORGOTTEN: Failure = {
  code: 'attempt_lost',
  message: 'The attempt was claimed, and the process that claimed it could not make the call.',
  billed: 'maybe',
};

const TERMINATED: Failure = {
  code: 'internal_error',
  message: "The request's workflow was closed before the request had an answer.",
  billed: 'maybe',
};

export function startKeeper(deps: KeeperDeps): Keeper {
  const { leaseMs } = deps.settings();
  /** Since when the lease was prolonged without a gap. */
  let healthySince = Number.NEGATIVE_INFINITY;
  let lastRenewal = performance.now();

  const renew = async (): Promise<void> => {
    await deps.processes.renew();
    const now = performance.now();
    if (now - lastRenewal > leaseMs) healthySince = now;
    lastRenewal = now;
  };

  const stopCancelled = async (): Promise<void> => {
    for (const id of await findCancelled(deps.database, deps.processes.id, deps.attempts.running()))
      deps.attempts.cancel(id);
  };

  const carryOrphans = async (): Promise<void> => {
    // After a time without the database every lease has run out, also those of living processes: they get time to prolong them first.
    if (performance.now() - healthySince < leaseMs) return;
    await carryAll(
      deps,
      await findOrphans(deps.database, ORPHANS_AT_ONCE),
      'carries on a request whose process is gone',
    );
  };

  const carryUnrecorded = async (): Promise<void> => {
    await carryAll(
      deps,
      await findWithoutWorkflow(deps.database, ORPHANS_AT_ONCE),
      'gives a workflow to a request that ended without one',
    );
  };

  let lookedAt = '';
  const endTerminated = async (): Promise<void> => {
    const waiting = await findWaiting(deps.database, lookedAt, WAITING_AT_ONCE);
    lookedAt = waiting.length < WAITING_AT_ONCE ? '' : (waiting.at(-1)?.id ?? '');
    for (const orphan of waiting) {
      const state = await deps.stateOfWorkflow(orphan.id);
      // Lost with Temporal's store: the ledger knows enough to begin again.
      if (state === 'unknown') await deps.giveOwnWorkflow(orphan);
      // It may have ended in order since it was found; then this changes nothing.
      if (state === 'closed')
        await endRequest(deps.database, orphan.id, { state: 'failed', error: JSON.stringify(TERMINATED) });
    }
  };

  /** Attempts of this process that it does not make: a claim whose reply was lost, or whose caller failed before the call. */
  const resumeForgotten = async (): Promise<void> => {
    for (const { n, ...orphan } of await findStale(deps.database, deps.processes.id, ORPHANS_AT_ONCE)) {
      if (deps.attempts.isRunning(orphan.id)) continue;
      const attempt = { id: orphan.id, n, owner: deps.processes.id };
      await loseAttempt(deps.database, attempt, undefined, JSON.stringify(FORGOTTEN), deps.processes.id);
      await deps.giveOwnWorkflow(orphan);
      deps.log.info({ request: orphan.id }, 'carries on a request whose attempt was claimed and not made');
    }
  };

  const forget = async (): Promise<void> => {
    await forgetRequests(deps.database, deps.settings().retentionMs, FORGET_AT_ONCE);
    await forgetBatches(deps.database, deps.settings().retentionMs, FORGET_BATCHES_AT_ONCE);
    await forgetDeliveries(deps.database, deps.settings().retentionMs, FORGET_AT_ONCE);
    await forgetFiles(deps.database, FORGET_FILES_AT_ONCE);
    await forgetStreams(deps.database, deps.settings().streamRetentionMs, FORGET_AT_ONCE);
    await forgetProcesses(deps.database, FORGET_PROCESSES_AFTER_MS);
  };

  const loops = [
    every(leaseMs / 4, renew, deps),
    every(CANCEL_MS, stopCancelled, deps),
    every(ORPHANS_MS, carryOrphans, deps),
    every(WITHOUT_WORKFLOW_MS, carryUnrecorded, deps),
    every(WAITING_MS, endTerminated, deps),
    every(STALE_MS, resumeForgotten, deps),
    every(FORGET_MS, forget, deps),
  ];
  return {
    stop: () => {
      for (const stop of loops) stop();
    },
  };
}

async function carryAll(deps: KeeperDeps, orphans: readonly Orphan[], message: string): Promise<void> {
  for (const orphan of orphans) {
    await deps.giveOwnWorkflow(orphan);
    deps.log.info({ request: orphan.id }, message);
  }
}
