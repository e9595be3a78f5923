/** The name a caller sends → the deployments that may serve it. LiteLLM's rules: alias, id, group, then wildcards. */
import type { Config, Deployment } from './config.ts';
import { nearest } from './nearest.ts';
import { bySpecificity, compilePattern, isPattern, substitute, type Pattern } from './pattern.ts';

export type Match = {
  /** The caller's name with aliases replaced; for a wildcard the name asked for. Fallbacks and policies are looked up by it. */
  readonly group: string;
  /** The wildcard group that matched, such as `openai/*`. */
  readonly pattern?: string;
  /** Never empty. Wildcards are resolved: `model` is what the upstream is asked for. */
  readonly deployments: readonly Deployment[];
};

export type ListedModel = { readonly id: string; readonly provider: string };

/** Names of a provider's models, without its prefix: what a wildcard is shown as. */
export type KnownModels = (provider: string) => readonly string[];

export type Matcher = {
  find(model: string): Match | undefined;
  /** For "did you mean". */
  nearest(model: string): string | undefined;
  list(known?: KnownModels): readonly ListedModel[];
};

type Wildcard = Pattern & { readonly deployments: readonly Deployment[] };

export function createMatcher(config: Pick<Config, 'deployments' | 'router'>): Matcher {
  const ids = new Map<string, Match>();
  const grouped = new Map<string, Deployment[]>();
  for (const deployment of config.deployments) {
    if (!isPattern(deployment.group)) ids.set(deployment.id, { group: deployment.group, deployments: [deployment] });
    const group = grouped.get(deployment.group);
    if (group === undefined) grouped.set(deployment.group, [deployment]);
    else group.push(deployment);
  }
  const groups = new Map<string, Match>();
  const wildcards: Wildcard[] = [];
  for (const [group, deployments] of grouped) {
    if (isPattern(group)) wildcards.push({ ...compilePattern(group), deployments });
    else groups.set(group, { group, deployments });
  }
  wildcards.sort((a, b) => bySpecificity(a.text, b.text));
  const aliases = new Map(Object.entries(config.router.modelGroupAlias));

  const find = (model: string): Match | undefined => {
    const name = aliases.get(model)?.group ?? model;
    return ids.get(name) ?? groups.get(name) ?? findWildcard(wildcards, name);
  };

  const list = (known: KnownModels = () => []): readonly ListedModel[] => {
    const listed = new Map<string, ListedModel>();
    const add = (id: string, deployment: Deployment | undefined): void => {
      if (deployment !== undefined && !listed.has(id)) listed.set(id, { id, provider: deployment.provider });
    };
    for (const { group, deployments } of groups.values()) add(group, deployments[0]);
    for (const [alias, { group, hidden }] of aliases) if (!hidden) add(alias, find(group)?.deployments[0]);
    for (const wildcard of wildcards) {
      for (const deployment of wildcard.deployments) {
        for (const model of expand(wildcard, deployment, known)) add(model, deployment);
      }
    }
    return [...listed.values()];
  };

  const suggest = (model: string): string | undefined => nearest(model, [...groups.keys(), ...aliases.keys()]);

  return { find, nearest: suggest, list };
}

function findWildcard(wildcards: readonly Wildcard[], name: string): Match | undefined {
  for (const { text, capture, deployments } of wildcards) {
    const captured = capture(name);
    // `openai/` alone names no model: the upstream would be asked for "".
    if (captured === undefined || deployments.some(({ model }) => substitute(model, captured) === '')) continue;
    return {
      group: name,
      pattern: text,
      deployments: deployments.map((deployment) => ({ ...deployment, model: substitute(deployment.model, captured) })),
    };
  }
  return undefined;
}

/** The known models a wildcard stands for, under the names callers send; the literal pattern when none is known. */
function expand(wildcard: Wildcard, deployment: Deployment, known: KnownModels): readonly string[] {
  const upstream = compilePattern(deployment.model);
  const names = known(deployment.provider).flatMap((model) => {
    const captured = upstream.capture(model);
    return captured === undefined || !isPattern(deployment.model) ? [] : [substitute(wildcard.text, captured)];
  });
  return names.length === 0 ? [wildcard.text] : names;
}

/** Built once per configuration: requests look names up, and configurations are never changed. */
const matchers = new WeakMap<object, Matcher>();

export function matcherOf(config: Pick<Config, 'deployments' | 'router'>): Matcher {
  const present = matchers.get(config);
  if (present !== undefined) return present;
  const matcher = createMatcher(config);
  matchers.set(config, matcher);
  return matcher;
}

export function findGroup(config: Pick<Config, 'deployments' | 'router'>, model: string): Match | undefined {
  return matcherOf(config).find(model);
}

export function nearestModel(config: Pick<Config, 'deployments' | 'router'>, model: string): string | undefined {
  return matcherOf(config).nearest(model);
}

export function listModels(
  config: Pick<Config, 'deployments' | 'router'>,
  known?: KnownModels,
): readonly ListedModel[] {
  return matcherOf(config).list(known);
}
