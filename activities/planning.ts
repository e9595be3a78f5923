/** Configuration + the model asked for + the caller's wishes → the plan of a request. Pure; plans without wishes are remembered. */
import type { Config, Deployment, Fallbacks } from './config/config.ts';
import { findGroup } from './config/match.ts';
import type { Plan, PlannedDeployment, PlannedGroup } from './contract.ts';

/** The routing wishes of one request. */
export type RoutingWishes = {
  readonly numRetries?: number;
  readonly timeoutMs?: number;
  readonly streamTimeoutMs?: number;
  readonly fallbacks?: readonly string[];
  readonly disableFallbacks?: boolean;
  readonly delivery?: 'at_least_once' | 'at_most_once';
  readonly dropParams?: boolean;
  readonly additionalDropParams?: readonly string[];
  readonly allowedOpenaiParams?: readonly string[];
};

/** A plan and its stored form. */
export type Planned = { readonly plan: Plan; readonly json: string };

/** Wildcards make the number of names unbounded. */
const MAX_REMEMBERED = 5_000;

const remembered = new WeakMap<Config, Map<string, Planned>>();

/**
 * For a call that passes as it is: one deployment, and nothing is sent twice. What the provider answers is the answer, whatever its
 * status; only a call that never left is made again.
 */
export function planPassThrough(config: Config, deployment: Deployment, model: string, wishes: RoutingWishes): Planned {
  const { router } = config;
  const { id, provider, group, timeoutMs = router.timeoutMs } = deployment;
  const plan: Plan = {
    version: 1,
    group,
    groups: {
      [group]: {
        deployments: [{ id, provider, model, cooldownTimeMs: 0 }],
        fallbacks: [],
        contextWindowFallbacks: [],
        contentPolicyFallbacks: [],
      },
    },
    numRetries: wishes.numRetries ?? router.numRetries,
    retryAfterMs: router.retryAfterMs,
    maxFallbacks: 0,
    timeoutMs: wishes.timeoutMs ?? timeoutMs,
    patienceMs: timeoutMs,
    delivery: 'at_most_once',
    dropParams: false,
  };
  return { plan, json: JSON.stringify(plan) };
}

/** Undefined when nothing serves the model. */
export function planFor(config: Config, model: string, wishes: RoutingWishes): Planned | undefined {
  if (Object.keys(wishes).length > 0) return build(config, model, wishes);
  const plans = remembered.get(config) ?? new Map<string, Planned>();
  remembered.set(config, plans);
  const known = plans.get(model);
  if (known !== undefined) return known;
  const planned = build(config, model, wishes);
  if (planned === undefined) return undefined;
  if (plans.size >= MAX_REMEMBERED) plans.clear();
  plans.set(model, planned);
  return planned;
}

function build(config: Config, model: string, wishes: RoutingWishes): Planned | undefined {
  const { router } = config;
  const match = findGroup(config, model);
  if (match === undefined) return undefined;
  // Without a prototype: a group may be called `constructor`.
  const groups = Object.create(null) as Record<string, PlannedGroup>;
  const queue = [match.group];
  while (queue.length > 0) {
    const name = queue.shift();
    if (name === undefined || groups[name] !== undefined) continue;
    const group = toGroup(
      config,
      name,
      name === match.group ? wishes : { disableFallbacks: wishes.disableFallbacks ?? false },
    );
    if (group === undefined) continue;
    groups[name] = group;
    // A chain longer than this is never walked to its end.
    if (Object.keys(groups).length <= router.maxFallbacks * 3) {
      queue.push(...group.contextWindowFallbacks, ...group.contentPolicyFallbacks, ...group.fallbacks);
    }
  }
  const timeoutMs = wishes.timeoutMs ?? router.timeoutMs;
  const streamTimeoutMs = wishes.streamTimeoutMs ?? router.streamTimeoutMs;
  const settings = {
    ...(wishes.dropParams === undefined ? {} : { drop_params: wishes.dropParams }),
    ...(wishes.additionalDropParams === undefined ? {} : { additional_drop_params: wishes.additionalDropParams }),
    ...(wishes.allowedOpenaiParams === undefined ? {} : { allowed_openai_params: wishes.allowedOpenaiParams }),
  };
  const plan: Plan = {
    version: 1,
    group: match.group,
    groups,
    numRetries: router.numRetries,
    ...(wishes.numRetries === undefined ? {} : { numRetriesWished: wishes.numRetries }),
    retryAfterMs: router.retryAfterMs,
    maxFallbacks: router.maxFallbacks,
    timeoutMs,
    ...(streamTimeoutMs === undefined ? {} : { streamTimeoutMs }),
    patienceMs: timeoutMs,
    delivery: wishes.delivery ?? config.holdfast.delivery,
    dropParams: config.dropParams,
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
  };
  return { plan, json: JSON.stringify(plan) };
}

function toGroup(config: Config, name: string, wishes: RoutingWishes): PlannedGroup | undefined {
  const { router } = config;
  const match = findGroup(config, name);
  if (match === undefined) return undefined;
  const none = wishes.disableFallbacks === true;
  const retryPolicy = router.groupRetryPolicy[match.group] ?? router.retryPolicy;
  const chain = (fallbacks: Fallbacks): readonly string[] =>
    none ? [] : (fallbacks[match.group] ?? fallbacks['*'] ?? []);
  const general = chain(router.fallbacks);
  return {
    deployments: match.deployments.map((deployment): PlannedDeployment => ({
      id: deployment.id,
      provider: deployment.provider,
      model: deployment.model,
      ...weightOf(deployment),
      ...(deployment.order === undefined ? {} : { order: deployment.order }),
      ...(deployment.numRetries === undefined ? {} : { numRetries: deployment.numRetries }),
      ...(deployment.cooldownTimeMs === undefined ? {} : { cooldownTimeMs: deployment.cooldownTimeMs }),
    })),
    ...(retryPolicy === undefined ? {} : { retryPolicy }),
    fallbacks: none ? [] : (wishes.fallbacks ?? (general.length > 0 ? general : router.defaultFallbacks)),
    contextWindowFallbacks: chain(router.contextWindowFallbacks),
    contentPolicyFallbacks: chain(router.contentPolicyFallbacks),
  };
}

/** The first of weight, rpm and tpm that is set: how much of the traffic a deployment is to get. */
function weightOf(deployment: { readonly weight?: number; readonly rpm?: number; readonly tpm?: number }): {
  readonly weight?: number;
} {
  const weight = deployment.weight ?? deployment.rpm ?? deployment.tpm;
  return weight === undefined ? {} : { weight };
}
