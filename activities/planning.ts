/** Configuration + the model asked for + the caller's wishes → the plan of a request. Pure; plans without wishes are remembered. */
import type { Config, Deployment, Fallbacks } from './config/config.ts';
import { findGroup, type Match } from './config/match.ts';
import type { Plan, PlannedGroup } from './contract.ts';
import { toPlanned } from './planned-deployment.ts';
import { selectByRegion, selectBySize, selectByTags, sizeStep } from './selection.ts';

/** The routing wishes of one request. */
export type RoutingWishes = {
  readonly numRetries?: number;
  readonly timeoutMs?: number;
  readonly streamTimeoutMs?: number;
  readonly fallbacks?: readonly string[];
  readonly contextWindowFallbacks?: readonly string[];
  readonly contentPolicyFallbacks?: readonly string[];
  readonly disableFallbacks?: boolean;
  readonly delivery?: 'at_least_once' | 'at_most_once';
  readonly dropParams?: boolean;
  readonly additionalDropParams?: readonly string[];
  readonly allowedOpenaiParams?: readonly string[];
  /** What chooses deployments where `enable_tag_filtering` is on. */
  readonly tags?: readonly string[];
  readonly region?: string;
  /** About how long the prompt is, where `enable_pre_call_checks` is on. */
  readonly promptTokens?: number;
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
export function planFor(config: Config, model: string, asked: RoutingWishes): Planned | undefined {
  const wishes = relevant(config, asked);
  const { tags, region, promptTokens, ...rest } = wishes;
  if (Object.keys(rest).length > 0) return build(config, model, wishes);
  const plans = remembered.get(config) ?? new Map<string, Planned>();
  remembered.set(config, plans);
  const key = [model, tags?.toSorted().join(), region, promptTokens].join('\n');
  const known = plans.get(key);
  if (known !== undefined) return known;
  const planned = build(config, model, wishes);
  if (planned === undefined) return undefined;
  if (plans.size >= MAX_REMEMBERED) plans.clear();
  plans.set(key, planned);
  return planned;
}

/** Without what this configuration does not look at, and the length rounded to the next limit: requests share their plans. */
function relevant(config: Config, { tags, promptTokens, ...rest }: RoutingWishes): RoutingWishes {
  const { tagFiltering, enablePreCallChecks } = config.router;
  const step = enablePreCallChecks && promptTokens !== undefined ? sizeStep(config, promptTokens) : undefined;
  return {
    ...rest,
    ...(tagFiltering !== undefined && tags !== undefined ? { tags } : {}),
    ...(step === undefined ? {} : { promptTokens: step }),
  };
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
    const found = name === match.group ? match : findGroup(config, name);
    const asked =
      name === match.group ? wishes : { ...selecting(wishes), disableFallbacks: wishes.disableFallbacks ?? false };
    const group = found && toGroup(config, found, asked);
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
    ...(router.strategy === 'simple-shuffle' ? {} : { strategy: router.strategy }),
    ...(router.latency === undefined ? {} : { latencyBuffer: router.latency.buffer }),
    ...(router.optionalChecks?.includes('enforce_model_rate_limits') === true ? { enforceLimits: true } : {}),
    timeoutMs,
    ...(streamTimeoutMs === undefined ? {} : { streamTimeoutMs }),
    ...(wishes.timeoutMs === undefined ? {} : { timeoutWishedMs: wishes.timeoutMs }),
    ...(wishes.streamTimeoutMs === undefined ? {} : { streamTimeoutWishedMs: wishes.streamTimeoutMs }),
    patienceMs: timeoutMs,
    delivery: wishes.delivery ?? config.holdfast.delivery,
    dropParams: config.dropParams,
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
  };
  return { plan, json: JSON.stringify(plan) };
}

function selecting({ tags, region, promptTokens }: RoutingWishes): RoutingWishes {
  return {
    ...(tags === undefined ? {} : { tags }),
    ...(region === undefined ? {} : { region }),
    ...(promptTokens === undefined ? {} : { promptTokens }),
  };
}

/** `match` holds one deployment when the caller named it by its id. */
function toGroup(config: Config, match: Match, wishes: RoutingWishes): PlannedGroup {
  const { router } = config;
  const none = wishes.disableFallbacks === true;
  const retryPolicy = router.groupRetryPolicy[match.group] ?? router.retryPolicy;
  const chain = (fallbacks: Fallbacks): readonly string[] =>
    none ? [] : (ofGroup(fallbacks, match.group) ?? fallbacks['*'] ?? []);
  const general = chain(router.fallbacks);
  const { deployments, excluded } = select(config, match.deployments, wishes);
  return {
    deployments: deployments.map((deployment) => toPlanned(deployment, deployments)),
    ...(excluded === undefined ? {} : { excluded }),
    ...(retryPolicy === undefined ? {} : { retryPolicy }),
    fallbacks: none ? [] : (wishes.fallbacks ?? (general.length > 0 ? general : router.defaultFallbacks)),
    contextWindowFallbacks: wishes.contextWindowFallbacks ?? chain(router.contextWindowFallbacks),
    contentPolicyFallbacks: wishes.contentPolicyFallbacks ?? chain(router.contentPolicyFallbacks),
  };
}

/** As LiteLLM finds them: under the group's name, or under the name without its provider. */
function ofGroup(fallbacks: Fallbacks, group: string): readonly string[] | undefined {
  const slash = group.indexOf('/');
  return fallbacks[group] ?? (slash === -1 ? undefined : fallbacks[group.slice(slash + 1)]);
}

type Selected = {
  readonly deployments: readonly Deployment[];
  readonly excluded?: NonNullable<PlannedGroup['excluded']>;
};

/** In LiteLLM's order: size and region, then tags; a group that loses its last deployment says by what. */
function select(config: Config, all: readonly Deployment[], wishes: RoutingWishes): Selected {
  const { tagFiltering } = config.router;
  const small = wishes.promptTokens === undefined ? all : selectBySize(all, wishes.promptTokens);
  if (small.length === 0) return { deployments: small, excluded: 'context' };
  const near = wishes.region === undefined ? small : selectByRegion(small, wishes.region);
  if (near.length === 0) return { deployments: near, excluded: 'region' };
  const tagged = tagFiltering === undefined ? near : selectByTags(near, wishes.tags ?? [], tagFiltering);
  return tagged.length === 0 ? { deployments: tagged, excluded: 'tags' } : { deployments: tagged };
}
