/** The durable path of a request: plan, admit, call the provider and start the workflow at the same time, answer after both. */
import { createHash, randomUUID } from 'node:crypto';
import type { Attempts } from '../activities/attempts.ts';
import type { Board, Ticket } from '../activities/board.ts';
import type { Config, Deployment } from '../activities/config/config.ts';
import { findDeployment } from '../activities/config/pass-through.ts';
import type { Plan } from '../activities/contract.ts';
import type { DeploymentHealth } from '../activities/health/deployment-health.ts';
import { planFor, planPassThrough } from '../activities/planning.ts';
import type { Admission, Admitted } from '../activities/store/admissions.ts';
import type { Plans } from '../activities/store/plans.ts';
import { isTransient } from '../activities/store/pool.ts';
import type { StreamJournal } from '../activities/stream-journal.ts';
import type { Failure } from '../providers/protocol/errors.ts';
import { describeRoute } from '../workflows/describe.ts';
import { decide } from '../workflows/policy/decide.ts';
import { deliverLive } from './deliver.ts';
import type { Accepted, Dispatch, Followed, Provenance, Refused, Submission } from './dispatch.ts';
import type { Carriers, Passenger } from './carriers.ts';
import { affinityOf } from './affinity.ts';
import { estimateTokens } from '../activities/prompt-size.ts';
import { canonicalJson } from './canonical-json.ts';
import { deliverJournal, follow, toAnswer } from './follow.ts';
import { mirrorsOf, seeThrough } from './mirror.ts';
import { createRoom } from './room.ts';

export type SubmitDeps = {
  readonly owner: string;
  readonly config: () => Config;
  /** False in a process that only serves the API: its first attempts are made by workers. */
  readonly callsProviders: boolean;
  readonly admit: (admission: Admission) => Promise<Admitted>;
  readonly plans: Plans;
  readonly attempts: Attempts;
  readonly board: Board;
  readonly health: DeploymentHealth;
  readonly carriers: Carriers;
  readonly journal: StreamJournal;
  /** Asks the ledger at once for what is awaited here. */
  readonly look: () => void;
  /** Carries a request without Temporal: the same attempts and decisions, in this process. */
  readonly carryInline: (id: string) => void;
  readonly draining: () => boolean;
};

/** How long a finished answer waits for Temporal's acknowledgement before it goes out on the ledger's word alone. */
const ACKNOWLEDGEMENT_MS = 10_000;

export function createDispatch(deps: SubmitDeps): Dispatch {
  const room = createRoom(() => deps.config().holdfast);
  const submit: Dispatch['submit'] = async (submission) => {
    const refused = await refuse(deps, room, submission);
    if (refused !== undefined) return refused;
    try {
      return await accept(deps, room, submission, (deployment) => {
        for (const copy of mirrorsOf(deployment, submission)) void seeThrough(submit, copy);
      });
    } catch (error) {
      room.leave();
      if (!isTransient(error)) throw error;
      return { refused: unavailable('The database cannot be reached.') };
    }
  };
  return { submit };
}

/** Every reason not to accept now, checked before anything is written or sent. */
async function refuse(
  deps: SubmitDeps,
  room: ReturnType<typeof createRoom>,
  { inBackground }: Submission,
): Promise<Refused | undefined> {
  if (deps.draining())
    return {
      refused: {
        code: 'shutting_down',
        message: 'This process is stopping. Try again.',
        retryAfterMs: 1_000,
        billed: 'no',
      },
    };
  // What nobody waits for can wait for Temporal.
  if (deps.config().holdfast.temporalDown === 'fail' && inBackground !== true && !deps.carriers.breaker.allows()) {
    return { refused: unavailable('Temporal cannot be reached; nothing was sent.') };
  }
  if (await room.enter()) return undefined;
  return {
    refused: {
      code: 'overloaded',
      message: 'Too many requests are under way in this process.',
      retryAfterMs: 1_000,
      billed: 'no',
    },
  };
}

function unavailable(message: string): Failure {
  return { code: 'durability_unavailable', message, retryAfterMs: 1_000, billed: 'no' };
}

async function accept(
  deps: SubmitDeps,
  room: ReturnType<typeof createRoom>,
  submission: Submission,
  mirror: (deployment: Deployment) => void,
): Promise<Accepted | Refused> {
  const { id, caller, kind, body, model, streaming, wishes } = submission;
  const config = deps.config();
  const { through } = submission;
  const planned =
    through === undefined
      ? planFor(config, model, toRouting(submission, config))
      : planPassThrough(config, through.deployment, through.upstream, toRouting(submission, config));
  if (planned === undefined) {
    room.leave();
    return {
      refused: {
        code: 'model_not_found',
        message: `The model \`${model}\` does not exist.`,
        param: 'model',
        billed: 'no',
      },
    };
  }
  const { plan } = planned;
  const choice = chooseFirst(deps, config, plan, submission);
  if ('refused' in choice) {
    room.leave();
    return choice;
  }
  const first = deps.callsProviders ? choice.first : undefined;
  const planHash = await deps.plans.keep(planned.json);
  const ticket = deps.board.open(id);
  const admitted = await deps
    .admit({
      id,
      tenant: caller.tenant,
      alias: caller.alias,
      kind,
      model,
      streaming,
      origin: deps.owner,
      body: JSON.stringify(body),
      plan: planHash,
      ...(wishes.tags === undefined ? {} : { tags: wishes.tags }),
      ...(submission.overrides === undefined ? {} : { overrides: JSON.stringify(submission.overrides) }),
      ...(submission.webhookUrl === undefined ? {} : { webhookUrl: submission.webhookUrl }),
      ...(submission.idempotencyKey === undefined
        ? {}
        : { idempotency: hashKey(submission.idempotencyKey, submission) }),
      ...(first === undefined ? {} : { claim: toClaim(deps.owner, first.deployment, first.group) }),
    })
    .catch((error: unknown) => {
      ticket.close();
      throw error;
    });
  if (admitted.kind === 'known') {
    ticket.close();
    room.leave();
    return admitted.sameBody ? follow(deps, { id: admitted.id, kind, body }) : { refused: KEY_REUSED };
  }
  if (first !== undefined) {
    mirror(first.deployment);
    deps.attempts.begin({
      id,
      n: 1,
      deployment: first.deployment,
      group: first.group,
      kind,
      body: submission.overrides?.[first.group] ?? body,
      plan,
      past: [],
    });
  }
  const carrying = carry(deps, toPassenger(submission, plan, first?.deployment));
  // Unsettled from here on are the first attempt and the workflow's start; what a workflow waits for later takes no place.
  void Promise.all([deps.attempts.find(id)?.end, carrying]).then(() => {
    room.leave();
    deps.carriers.forget(id);
  });
  const accepted = carried(deps, ticket, { id, kind, body }, carrying);
  return wishes.includeFallbackErrors === true ? { ...accepted, tellsFallbackErrors: true } : accepted;
}

const KEY_REUSED: Failure = {
  code: 'idempotency_key_reused',
  message: 'This Idempotency-Key was used with a different request body.',
  billed: 'no',
};

/** How the request is carried from now on. Resolves when its start was acknowledged, or when the ledger alone carries it. */
async function carry(deps: SubmitDeps, passenger: Passenger): Promise<Provenance['durability']> {
  const acknowledged = deps.carriers.carry(passenger).then(() => 'temporal' as const);
  if (deps.config().holdfast.temporalDown === 'journal' && !deps.carriers.breaker.allows()) {
    deps.carryInline(passenger.id);
    return 'journal';
  }
  return acknowledged;
}

function carried(
  deps: SubmitDeps,
  ticket: Ticket,
  followed: Followed,
  carrying: Promise<Provenance['durability']>,
): Accepted {
  let known: Provenance['durability'] | undefined;
  void carrying.then((durability) => {
    known = durability;
  });
  // The result is committed; should Temporal not acknowledge for long, the reconciler gives it a workflow later.
  const acknowledged = async (): Promise<Provenance['durability']> =>
    known ?? firstOf(carrying, ACKNOWLEDGEMENT_MS, 'journal');
  const { journal } = deps;
  return {
    id: ticket.id,
    replayed: false,
    answer: async () => {
      const end = await ticket.ended;
      const durability = await acknowledged();
      ticket.close();
      return toAnswer(end, durability);
    },
    stream: (sink) => {
      let stop: (() => void) | undefined;
      let gone = false;
      // Nothing is shown before the request is carried: what a reader has seen must survive this process.
      void acknowledged().then((durability) => {
        if (gone) ticket.close();
        else
          stop = (deps.callsProviders ? deliverLive : deliverJournal)({
            ticket,
            sink,
            durability,
            journal,
            followed,
          });
      });
      return () => {
        gone = true;
        stop?.();
      };
    },
  };
}

function chooseFirst(deps: SubmitDeps, config: Config, plan: Plan, submission: Submission): First | Refused {
  const now = Date.now();
  const { health } = deps;
  const group = plan.groups[plan.group];
  const ids = [
    ...(group?.deployments ?? []),
    ...(group?.fallbacks ?? []).flatMap((name) => plan.groups[name]?.deployments ?? []),
  ];
  const affinity = affinityOf(config.router, submission);
  const decision = decide({
    plan,
    past: [],
    cooldowns: health.cooldowns(),
    now,
    acceptedAt: now,
    random: Math.random,
    loads: health.loads(ids.map(({ id }) => id)),
    streaming: submission.streaming,
    ...(affinity === undefined ? {} : { affinity }),
    atDoor: submission.inBackground !== true,
  });
  // Nobody waits at the door: its workflow waits until a deployment is free.
  if (decision.kind === 'attempt' && decision.waitMs > 0) return {};
  if (decision.kind !== 'attempt') {
    const { message = `The request cannot be served (${decision.failure.code}).`, ...facts } = decision.failure;
    return { refused: { ...facts, message } };
  }
  const deployment = findDeployment(config, decision.deployment.id);
  return deployment === undefined
    ? {}
    : { first: { deployment: { ...deployment, model: decision.deployment.model }, group: decision.group } };
}

type First = { readonly first?: { readonly deployment: Deployment; readonly group: string } };

function toClaim(owner: string, deployment: Deployment, group: string): NonNullable<Admission['claim']> {
  return {
    owner,
    token: randomUUID(),
    deployment: deployment.id,
    provider: deployment.provider,
    model: deployment.model,
    group,
  };
}

function toRouting({ kind, body, wishes }: Submission, config: Config): Parameters<typeof planFor>[2] {
  const { sessionId: _session, includeFallbackErrors: _told, ...routing } = wishes;
  return { ...routing, ...(config.router.enablePreCallChecks ? { promptTokens: estimateTokens(kind, body) } : {}) };
}

/** Most requests share their plan with thousands of others. */
const routes = new WeakMap<Plan, string>();

function routeOf(plan: Plan): string {
  const known = routes.get(plan);
  if (known !== undefined) return known;
  const route = describeRoute(plan);
  routes.set(plan, route);
  return route;
}

function hashKey(key: string, { kind, body, wishes }: Submission): NonNullable<Admission['idempotency']> {
  return { keyHash: sha256(key), bodyHash: sha256(`${kind} ${canonicalJson({ body, wishes })}`) };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function toPassenger(
  { id, kind, caller, model, streaming, endUser, wishes }: Submission,
  plan: Plan,
  first: Deployment | undefined,
): Passenger {
  return {
    id,
    kind,
    tenant: caller.tenant,
    alias: caller.alias,
    model,
    streaming,
    ...(endUser === undefined ? {} : { endUser }),
    ...(wishes.tags === undefined ? {} : { tags: wishes.tags }),
    ...(first === undefined ? {} : { first: `${first.provider}/${first.model}` }),
    route: routeOf(plan),
  };
}

/** What the promise resolves to, or this value when that takes longer. Leaves no timer behind: there is one for each stream. */
async function firstOf<T>(promise: Promise<T>, ms: number, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(resolve, ms, otherwise).unref();
  });
  return Promise.race([promise, late]).finally(() => {
    clearTimeout(timer);
  });
}
