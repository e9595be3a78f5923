/** Which deployments of a group may serve one request at all: by its length, its region and its tags. Pure. */
import { modelFacts } from '../providers/pricing/prices.ts';
import type { Config, Deployment } from './config/config.ts';

/** The longest prompt a deployment takes, where somebody says it. */
export function maxInputTokens({ provider, model, modelInfo }: Deployment): number | undefined {
  const own = modelInfo['max_input_tokens'];
  if (typeof own === 'number') return own;
  const base = modelInfo['base_model'];
  return modelFacts(provider, typeof base === 'string' ? base : model)?.maxInputTokens;
}

export function selectBySize(deployments: readonly Deployment[], promptTokens: number): readonly Deployment[] {
  return deployments.filter((deployment) => promptTokens <= (maxInputTokens(deployment) ?? Infinity));
}

const steps = new WeakMap<Config, readonly number[]>();

/** The smallest of all limits that this many tokens fit into: requests between the same two limits share a plan. */
export function sizeStep(config: Config, promptTokens: number): number | undefined {
  const known = steps.get(config) ?? limitsOf(config);
  steps.set(config, known);
  // Fits everywhere: the same plan as that of a request whose length nobody knows.
  if (promptTokens <= (known[0] ?? Infinity)) return undefined;
  return known.find((limit) => promptTokens <= limit) ?? (known.at(-1) ?? 0) + 1;
}

function limitsOf({ deployments }: Config): readonly number[] {
  const limits = deployments.flatMap((deployment) => maxInputTokens(deployment) ?? []);
  return [...new Set(limits)].toSorted((a, b) => a - b);
}

/** A deployment whose region nobody knows is not in the one that is asked for. */
export function selectByRegion(deployments: readonly Deployment[], region: string): readonly Deployment[] {
  return deployments.filter(({ settings, modelInfo }) =>
    [settings['region_name'], settings['aws_region_name'], settings['vertex_location'], modelInfo['region_name']].some(
      (known) => typeof known === 'string' && isIn(known, region),
    ),
  );
}

/** `eu` stands for every region whose name begins so, as `eu-west-1` and `europe-west4` do. */
function isIn(known: string, region: string): boolean {
  return known === region || (region.length === 2 && known.startsWith(region));
}

export type TagRule = { readonly matchAny: boolean };

/** `!tag` excludes, `&tag` requires; deployments tagged `default` serve whoever has no tags or finds none that match. */
export function selectByTags(
  deployments: readonly Deployment[],
  asked: readonly string[],
  { matchAny }: TagRule,
): readonly Deployment[] {
  const excluded = asked.filter((tag) => tag.startsWith('!')).map((tag) => tag.slice(1));
  const required = asked.filter((tag) => tag.startsWith('&')).map((tag) => tag.slice(1));
  const plain = asked.filter((tag) => !/^[!&]/.test(tag));
  const allowed = deployments.filter(
    ({ tags }) => !tags.some((tag) => excluded.includes(tag)) && required.every((tag) => tags.includes(tag)),
  );
  const defaults = allowed.filter(({ tags }) => tags.includes('default'));
  if (plain.length === 0) return defaults.length > 0 && required.length === 0 ? defaults : allowed;
  const matching = allowed.filter(({ tags }) =>
    matchAny ? tags.some((tag) => plain.includes(tag)) : tags.length > 0 && plain.every((tag) => tags.includes(tag)),
  );
  return matching.length > 0 ? matching : defaults;
}
