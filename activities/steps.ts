/** The steps of a request's way, whoever drives it: a workflow through its activities, or this process while Temporal is down. */
import { randomUUID } from 'node:crypto';
import type { Body } from '../providers/dialects/dialect.ts';
import type { Kind } from '../providers/kinds.ts';
import { ERRORS, type Failure } from '../providers/protocol/errors.ts';
import type { Attempts } from './attempts.ts';
import type { Board } from './board.ts';
import type { CallInput, EndInput, FailureFacts, FinalFailure, Plan, Standing } from './contract.ts';
import type { Deployment } from './config/config.ts';
import type { DeploymentHealth } from './health/deployment-health.ts';
import { parseFailure, toEnded, toEndedStanding, toOpenStanding, toPast } from './ledger-view.ts';
import { boundsOf } from './pricing.ts';
import { claimAttempt, loseAttempt, readAttempts, type AttemptRow } from './store/attempts.ts';
import type { Plans } from './store/plans.ts';
import type { Database } from './store/pool.ts';
import {
  endRequest,
  noteCarrier,
  readBody,
  readBodyFor,
  readRequest,
  requestCancel,
  type RequestRow,
} from './store/requests.ts';
import { skipsClaim } from './telemetry/fault-points.ts';

export type StepDeps = {
  readonly owner: string;
  readonly database: Database;
  readonly plans: Plans;
  readonly attempts: Attempts;
  readonly board: Board;
  readonly health: DeploymentHealth;
  /** A deployment of the live configuration. */
  readonly deployment: (id: string) => Deployment | undefined;
};

/** Who drives the request. */
export type Driver = {
  /** The workflow's id; absent without one. */
  readonly carrier?: string;
  /** Aborted when the driver must stop waiting. */
  readonly signal: AbortSignal;
};

/** The ledger was restored from an older copy, or the request is past its retention. */
export class UnknownRequest extends Error {
  override readonly name = 'UnknownRequest';

  constructor(id: string) {
    super(`Request ${id} is not in the ledger.`);
  }
}

/** How often the ledger is asked about an attempt that another living process makes. */
const POLL_MS = 250;

const LOST: Failure = {
  code: 'attempt_lost',
  message: 'The process that made this provider call died before it could record the outcome.',
  billed: 'maybe',
};

/** Waits for the attempt under way, here or elsewhere, and tells how the request stands then. */
export async function stand(deps: StepDeps, id: string, by: Driver): Promise<Standing> {
  const running = deps.attempts.find(id);
  if (running !== undefined) {
    const end = await running.end;
    if (end.kind === 'ended') {
      if (!end.carrierNoted && by.carrier !== undefined) await noteCarrier(deps.database, [id], by.carrier);
      return { kind: 'ended', state: end.state, summary: end.summary };
    }
  }
  for (;;) {
    const row = await readRequest(deps.database, id);
    if (row === undefined) throw new UnknownRequest(id);
    const attempts = await readAttempts(deps.database, id);
    if (row.state !== 'in_progress') return announce(deps, row, attempts, by);
    const last = attempts.at(-1);
    if (last?.state !== 'dispatching') {
      // It may wait here for hours: an operator can look at it, and nobody takes it for an orphan.
      if (row.carrier === undefined && by.carrier === id) await noteCarrier(deps.database, [id], id);
      return toOpenStanding(row, attempts, await readPlan(deps, row), deps.health);
    }
    await resolveDispatching(deps, row, last, by);
  }
}

/** An attempt that the ledger shows as under way: ours, another living process's, or a dead one's. */
async function resolveDispatching(deps: StepDeps, row: RequestRow, last: AttemptRow, by: Driver): Promise<void> {
  const { id } = row;
  const running = deps.attempts.find(id);
  if (running?.n === last.n && last.owner === deps.owner && deps.attempts.isRunning(id)) {
    await running.end;
    return;
  }
  if (last.owner === deps.owner || last.ownerDead) {
    const deployment = deps.deployment(last.deployment);
    const bounds =
      deployment &&
      boundsOf({ deployment: { ...deployment, model: last.model }, kind: row.kind, body: await bodyOf(deps, id) });
    await loseAttempt(deps.database, { id, n: last.n, owner: last.owner }, bounds, JSON.stringify(LOST), deps.owner);
    return;
  }
  by.signal.throwIfAborted();
  await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

/** Claims and makes attempt `n`, or waits for it when it was begun before. */
export async function makeCall(deps: StepDeps, input: CallInput, by: Driver): Promise<Standing> {
  const { id, n } = input;
  const row = await readRequest(deps.database, id);
  if (row === undefined) throw new UnknownRequest(id);
  const attempts = await readAttempts(deps.database, id);
  if (row.state !== 'in_progress' || row.cancelRequested || attempts.some((attempt) => attempt.n >= n))
    return stand(deps, id, by);
  const plan = await readPlan(deps, row);
  const planned = plan.groups[input.group]?.deployments.find((candidate) => candidate.id === input.deployment);
  const configured = deps.deployment(input.deployment);
  if (planned === undefined || configured === undefined) return withoutDeployment(deps, row, attempts, plan, input);
  // A wildcard's deployment has `*` where the plan has the model asked for.
  const deployment = { ...configured, model: planned.model };
  const claim = {
    owner: deps.owner,
    token: randomUUID(),
    deployment: input.deployment,
    provider: deployment.provider,
    model: deployment.model,
    group: input.group,
  };
  // Read before the claim: a claim whose call cannot be made would count as a lost attempt.
  const body = JSON.parse(await readBodyFor(deps.database, id, input.group)) as Body;
  if (skipsClaim() || (await claimAttempt(deps.database, id, n, claim))) {
    deps.attempts.begin({
      id,
      n,
      deployment,
      group: input.group,
      kind: row.kind as Kind,
      body,
      plan,
      past: toPast(attempts),
    });
  }
  return stand(deps, id, by);
}

/** The deployment left the configuration after the request was accepted: the workflow is to choose another. */
async function withoutDeployment(
  deps: StepDeps,
  row: RequestRow,
  attempts: readonly AttemptRow[],
  plan: Plan,
  input: CallInput,
): Promise<Standing> {
  const failure: FailureFacts = { code: 'provider_model_not_found', billed: 'no' };
  const standing = toOpenStanding(row, attempts, plan, deps.health);
  return {
    ...standing,
    past: [
      ...standing.past,
      { n: standing.past.at(-1)?.n ?? 0, deployment: input.deployment, group: input.group, failure },
    ],
  };
}

/** Ends a request that will get no answer; one that has ended otherwise meanwhile stays as it ended. */
export async function finish(deps: StepDeps, input: EndInput, by: Driver): Promise<Standing> {
  const { id, state, failure } = input;
  if (state === 'cancelled') {
    await requestCancel(deps.database, id);
    deps.attempts.cancel(id);
  }
  for (;;) {
    const carrier = by.carrier === undefined ? {} : { carrier: by.carrier };
    await endRequest(deps.database, id, {
      state,
      error: JSON.stringify(await withFallbacks(deps, id, await withWords(deps, id, failure))),
      ...carrier,
    });
    const standing = await stand(deps, id, by);
    if (standing.kind === 'ended') return standing;
  }
}

/** Workflows do not know what providers say; the ledger does. */
async function withWords(deps: StepDeps, id: string, failure: FinalFailure): Promise<Failure> {
  const { message } = failure;
  if (message !== undefined) return { ...failure, message };
  const last = (await readAttempts(deps.database, id)).findLast((attempt) => attempt.error !== undefined);
  const recorded = parseFailure(last?.error);
  return recorded.code === failure.code ? recorded : { ...failure, message: `The request failed (${failure.code}).` };
}

/** As LiteLLM says it: a caller whose fallbacks failed, too, learns that there were some. */
async function withFallbacks(deps: StepDeps, id: string, failure: Failure): Promise<Failure> {
  if (ERRORS[failure.code].retry === 'never') return failure;
  const row = await readRequest(deps.database, id);
  if (row === undefined) return failure;
  const { group, groups } = await readPlan(deps, row);
  const fallbacks = groups[group]?.fallbacks ?? [];
  if (fallbacks.length === 0) return failure;
  const list = fallbacks.map((name) => `'${name}'`).join(', ');
  return {
    ...failure,
    message: `${failure.message}. Received Model Group=${group}\nAvailable Model Group Fallbacks=[${list}]`,
  };
}

async function announce(
  deps: StepDeps,
  row: RequestRow,
  attempts: readonly AttemptRow[],
  by: Driver,
): Promise<Standing> {
  if (row.carrier === undefined && by.carrier !== undefined) await noteCarrier(deps.database, [row.id], by.carrier);
  if (deps.board.isAwaited(row.id)) deps.board.end(row.id, toEnded(row, attempts));
  return toEndedStanding(row, attempts);
}

async function bodyOf(deps: StepDeps, id: string): Promise<Body> {
  return JSON.parse(await readBody(deps.database, id)) as Body;
}

async function readPlan(deps: StepDeps, row: RequestRow): Promise<Plan> {
  return JSON.parse(await deps.plans.read(row.plan)) as Plan;
}
