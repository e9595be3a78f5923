/** Reads how a request stands from the ledger, in the words of workflows and of waiting callers. */
import type { Failure } from '../providers/protocol/errors.ts';
import type { AnswerOrigin, Ended } from './board.ts';
import type { DeploymentHealth } from './health/deployment-health.ts';
import type { EndSummary, FailureFacts, PastAttempt, Plan, Standing } from './contract.ts';
import type { AttemptRow } from './store/attempts.ts';
import type { RequestRow } from './store/requests.ts';

const UNKNOWN_FAILURE: Failure = { code: 'internal_error', message: 'The failure was not recorded.', billed: 'maybe' };

export function parseFailure(text: string | undefined): Failure {
  return text === undefined ? UNKNOWN_FAILURE : (JSON.parse(text) as Failure);
}

/** Leaves out the provider's words, which may quote the prompt. */
export function toFacts({ code, providerStatus, retryAfterMs, billed }: Failure): FailureFacts {
  return {
    code,
    billed,
    ...(providerStatus === undefined ? {} : { providerStatus }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** The attempts that have ended without an answer. */
export function toPast(attempts: readonly AttemptRow[]): readonly PastAttempt[] {
  return attempts
    .filter((attempt) => attempt.state !== 'dispatching' && attempt.state !== 'completed')
    .map((attempt) => ({
      n: attempt.n,
      deployment: attempt.deployment,
      group: attempt.group,
      failure: toFacts(parseFailure(attempt.error)),
    }));
}

export function toOpenStanding(
  row: RequestRow,
  attempts: readonly AttemptRow[],
  plan: Plan,
  health: Pick<DeploymentHealth, 'cooldowns' | 'loads'>,
): Extract<Standing, { kind: 'open' }> {
  const planned = new Set(
    Object.values(plan.groups).flatMap((group) => group.deployments.map((deployment) => deployment.id)),
  );
  return {
    kind: 'open',
    plan,
    past: toPast(attempts),
    cooldowns: Object.fromEntries(Object.entries(health.cooldowns()).filter(([id]) => planned.has(id))),
    acceptedAt: row.createdAt.getTime(),
    cancelRequested: row.cancelRequested,
    loads: health.loads([...planned]),
    streaming: row.streaming,
  };
}

/** Errors: the request is still open. */
export function toEndedStanding(
  row: RequestRow,
  attempts: readonly AttemptRow[],
): Extract<Standing, { kind: 'ended' }> {
  if (row.state === 'in_progress') throw new Error(`Request ${row.id} has not ended.`);
  return { kind: 'ended', state: row.state, summary: toSummary(row, attempts) };
}

function toSummary(row: RequestRow, attempts: readonly AttemptRow[]): EndSummary {
  const last = attempts.at(-1);
  const usage = row.usage === undefined ? undefined : (JSON.parse(row.usage) as { total_tokens?: number });
  const failure = row.error === undefined ? undefined : parseFailure(row.error);
  return {
    attempts: attempts.length,
    ...(last === undefined ? {} : { deployment: last.deployment, provider: last.provider, model: last.model }),
    ...(row.costNano === undefined ? {} : { costUsd: Number(row.costNano) / 1e9 }),
    ...(usage?.total_tokens === undefined ? {} : { tokens: usage.total_tokens }),
    ...(failure === undefined ? {} : { error: describeFailure(failure) }),
  };
}

/** The end of a request for a caller who waits in this process while the work was done in another. */
export function toEnded(row: RequestRow, attempts: readonly AttemptRow[]): Ended {
  if (row.state === 'in_progress') throw new Error(`Request ${row.id} has not ended.`);
  return {
    state: row.state,
    ...(row.response === undefined ? {} : { json: row.response }),
    ...(row.state === 'completed' ? {} : { failure: parseFailure(row.error) }),
    origin: toOrigin(row, attempts),
  };
}

function toOrigin(row: RequestRow, attempts: readonly AttemptRow[]): AnswerOrigin {
  const last = attempts.at(-1);
  const groups = new Set(attempts.map((attempt) => attempt.group));
  return {
    ...(last === undefined
      ? {}
      : { deploymentId: last.deployment, provider: last.provider, upstreamModel: last.model, group: last.group }),
    attempts: attempts.length,
    fallbacks: Math.max(0, groups.size - 1),
    ...(row.costNano === undefined ? {} : { costNanoUsd: row.costNano }),
    ...(last?.endedAt === undefined ? {} : { providerMs: last.endedAt.getTime() - last.startedAt.getTime() }),
  };
}

/** For histories and the Temporal UI: the code and the provider's status. */
export function describeFailure(failure: FailureFacts): string {
  return failure.providerStatus === undefined ? failure.code : `${failure.code} (${failure.providerStatus})`;
}
