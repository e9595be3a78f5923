/** One line of a batch on its way: accepted as a request, called for, tried again while that is cheap, else given a workflow of its own. */
import { randomUUID } from 'node:crypto';
import type { Config, Deployment } from '../config/config.ts';
import type { Decision, Plan, Situation, Standing } from '../contract.ts';
import { planFor } from '../planning.ts';
import { finish, makeCall, stand, type Driver, type StepDeps } from '../steps.ts';
import type { Admission, Admitted } from '../store/admissions.ts';
import type { LineToDo } from '../store/batch-lines.ts';
import type { BatchRow } from '../store/batches.ts';
import type { Failure } from '../../providers/protocol/errors.ts';
import type { LineReader, LineRequest } from './line-reader.ts';
import type { Sent } from './pace.ts';

export type LineDeps = StepDeps & {
  readonly config: () => Config;
  readonly admit: (admission: Admission) => Promise<Admitted>;
  readonly decide: (situation: Situation) => Decision;
  readonly reader: LineReader;
  /** Why the key that the batch was made with may not make this call now; undefined when it may. */
  readonly refuseLine: (keyId: string, request: LineRequest) => Promise<Failure | undefined>;
  /** Starts a workflow of its own for a request; harmless when it has one. */
  readonly giveOwnWorkflow: (id: string) => Promise<void>;
};

export type Carried = { readonly kind: 'ended' | 'left'; readonly sent: Sent; readonly retryAfterMs?: number };

/** A wait longer than this is a durable timer's work, and so is a request that has failed this often. */
const CHEAP_WAIT_MS = 3_000;
const CHEAP_ATTEMPTS = 3;

export async function carryLine(deps: LineDeps, batch: BatchRow, line: LineToDo, by: Driver): Promise<Carried> {
  const id = line.requestId;
  if (line.state === undefined) await accept(deps, batch, line, by);
  let standing: Standing = await stand(deps, id, by);
  while (standing.kind === 'open') {
    if (standing.cancelRequested) {
      standing = await finish(deps, { id, state: 'cancelled', failure: CANCELLED }, by);
      break;
    }
    const decision: Decision = deps.decide({ ...standing, now: Date.now(), random: Math.random });
    const last = standing.past.at(-1);
    if (decision.kind === 'give_up') {
      const state = decision.failure.code === 'outcome_unknown' ? 'outcome_unknown' : 'failed';
      standing = await finish(deps, { id, state, failure: decision.failure }, by);
      break;
    }
    if (decision.waitMs > CHEAP_WAIT_MS || standing.past.length >= CHEAP_ATTEMPTS || by.signal.aborted) {
      await deps.giveOwnWorkflow(id);
      return { kind: 'left', ...toSent(standing) };
    }
    if (decision.waitMs > 0) await new Promise((resolve) => setTimeout(resolve, decision.waitMs));
    const { deployment, group, reason } = decision;
    standing = await makeCall(deps, { id, n: (last?.n ?? 0) + 1, deployment: deployment.id, group, reason }, by);
  }
  deps.attempts.forget(id);
  const limited = standing.kind === 'ended' && standing.summary.error?.startsWith('rate_limit_exceeded') === true;
  return { kind: 'ended', sent: limited ? 'limited' : 'answered' };
}

const CANCELLED: Failure = { code: 'cancelled', message: 'The request was cancelled.', billed: 'maybe' };

function toSent(standing: Extract<Standing, { kind: 'open' }>): Pick<Carried, 'sent' | 'retryAfterMs'> {
  const failure = standing.past.at(-1)?.failure;
  if (failure?.code !== 'rate_limit_exceeded') return { sent: 'other' };
  return { sent: 'limited', ...(failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs }) };
}

/** As a caller's request is accepted: row and first claim in one commit, then the call. One that cannot be made ends at once. */
async function accept(deps: LineDeps, batch: BatchRow, line: LineToDo, by: Driver): Promise<void> {
  const id = line.requestId;
  const given = JSON.parse(line.body ?? '{}') as Readonly<Record<string, unknown>>;
  const read = await readLine(deps, batch, given);
  const config = deps.config();
  const planned = 'refused' in read ? undefined : planFor(config, read.request.model, read.request.wishes);
  if ('refused' in read || planned === undefined) {
    const refused = 'refused' in read ? read.refused : noModel(read.request);
    const plan = await deps.plans.keep(JSON.stringify(NOWHERE));
    await deps.admit({ ...toAdmission(deps, batch, line, undefined, given), plan });
    await finish(deps, { id, state: 'failed', failure: refused }, by);
    return;
  }
  const { request } = read;
  const first = chooseFirst(deps, config, planned.plan);
  const plan = await deps.plans.keep(planned.json);
  const admitted = await deps.admit({
    ...toAdmission(deps, batch, line, request, request.body),
    plan,
    ...(request.tags === undefined ? {} : { tags: request.tags }),
    ...(first === undefined
      ? {}
      : {
          claim: {
            owner: deps.owner,
            token: randomUUID(),
            deployment: first.deployment.id,
            provider: first.deployment.provider,
            model: first.deployment.model,
            group: first.group,
          },
        }),
  });
  // Somebody else works on the same chunk, and was faster.
  if (admitted.kind === 'known' || first === undefined) return;
  deps.attempts.begin({
    id,
    n: 1,
    deployment: first.deployment,
    group: first.group,
    kind: request.kind,
    body: request.body,
    plan: planned.plan,
    past: [],
  });
}

async function readLine(
  deps: LineDeps,
  { endpoint, keyId }: BatchRow,
  given: Readonly<Record<string, unknown>>,
): Promise<ReturnType<LineReader['read']>> {
  const read = deps.reader.read(endpoint, given);
  if ('refused' in read || keyId === undefined) return read;
  const refused = await deps.refuseLine(keyId, read.request);
  return refused === undefined ? read : { refused };
}

/** Should this process die before it has written the refusal, the next one finds a request with nowhere to go. */
const NOWHERE: Plan = {
  version: 1,
  group: '',
  groups: {},
  numRetries: 0,
  retryAfterMs: 0,
  maxFallbacks: 0,
  timeoutMs: 0,
  patienceMs: 0,
  delivery: 'at_least_once',
  dropParams: false,
};

function toAdmission(
  deps: LineDeps,
  batch: BatchRow,
  line: LineToDo,
  request: LineRequest | undefined,
  body: Readonly<Record<string, unknown>>,
): Omit<Admission, 'plan'> {
  const { model } = body;
  return {
    id: line.requestId,
    tenant: batch.tenant,
    alias: batch.alias,
    kind: request?.kind ?? 'chatCompletion',
    model: request?.model ?? (typeof model === 'string' ? model.slice(0, 200) : ''),
    streaming: false,
    origin: deps.owner,
    body: JSON.stringify(body),
  };
}

function noModel({ model }: LineRequest): Failure {
  return {
    code: 'model_not_found',
    message: `The model \`${model.slice(0, 200)}\` does not exist.`,
    param: 'model',
    billed: 'no',
  };
}

function chooseFirst(
  deps: LineDeps,
  config: Config,
  plan: Plan,
): { readonly deployment: Deployment; readonly group: string } | undefined {
  const now = Date.now();
  const decision = deps.decide({
    plan,
    past: [],
    cooldowns: deps.health.cooldowns(),
    now,
    acceptedAt: now,
    random: Math.random,
  });
  if (decision.kind !== 'attempt') return undefined;
  const found = config.deployments.find((candidate) => candidate.id === decision.deployment.id);
  return found && { deployment: { ...found, model: decision.deployment.model }, group: decision.group };
}
