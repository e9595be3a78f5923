/** Which models a caller may name: every level with a list must allow it. */
import { matcherOf } from '../../activities/config/match.ts';
import { compilePattern, isPattern } from '../../activities/config/pattern.ts';
import type { Config } from '../../activities/config/config.ts';
import type { Grant, Level } from '../../activities/store/access/principals.ts';
import type { ErrorCode } from '../../providers/protocol/errors.ts';
import type { Caller } from '../dispatch.ts';
import { refuse } from '../middleware/refusal.ts';

const DENIED: Readonly<Record<Level, ErrorCode>> = {
  key: 'key_model_access_denied',
  team: 'team_model_access_denied',
  member: 'team_model_access_denied',
  user: 'user_model_access_denied',
  organization: 'org_model_access_denied',
};

/** The model that a name stands for: the key's own names and its team's are replaced. */
export function resolveAlias(caller: Caller, model: string): string {
  return caller.principal?.aliases.get(model) ?? model;
}

/** Throws a 403 that names the level; the same for models that do not exist, so that names cannot be probed. */
export function requireModelAccess(config: Config, caller: Caller, model: string, param = 'model'): void {
  const denied = deniedBy(config, caller, model);
  if (denied === undefined) return;
  refuse(
    DENIED[denied],
    `The requested model '${model.slice(0, 200)}' is not available for this API key, or the model name is invalid. Ask for the models at /v1/models.`,
    param,
  );
}

export function mayCall(config: Config, caller: Caller, model: string): boolean {
  return deniedBy(config, caller, model) === undefined;
}

/** Whether something limits the caller's models: then no hint may tell of others. */
export function isLimited(caller: Caller): boolean {
  return (caller.principal?.grants.length ?? 0) > 0;
}

function deniedBy(config: Config, { principal }: Caller, model: string): Level | undefined {
  if (principal === undefined || principal.grants.length === 0) return undefined;
  const facts = factsOf(config, model);
  return principal.grants.find((grant) => !allows(grant, facts))?.level;
}

type Facts = {
  /** As asked for, and with the configuration's aliases replaced. */
  readonly names: readonly string[];
  readonly providers: readonly string[];
  readonly groups: readonly string[];
};

function factsOf(config: Config, model: string): Facts {
  const match = matcherOf(config).find(model);
  const deployments = match?.deployments ?? [];
  return {
    names: match === undefined || match.group === model ? [model] : [model, match.group],
    providers: deployments.map(({ provider }) => provider),
    groups: deployments.flatMap(({ modelInfo }) => {
      const groups = modelInfo['access_groups'];
      return Array.isArray(groups) ? groups.map(String) : [];
    }),
  };
}

function allows({ models }: Grant, facts: Facts): boolean {
  return models.some((entry) => {
    if (facts.names.includes(entry) || facts.groups.includes(entry)) return true;
    if (!isPattern(entry)) return false;
    const { capture } = compilePattern(entry);
    if (facts.names.some((name) => capture(name) !== undefined)) return true;
    // `openai/*` also means bare names that OpenAI serves.
    const provider = /^([^/*]+)\/\*$/.exec(entry)?.[1];
    return (
      provider !== undefined && facts.names.every((name) => !name.includes('/')) && facts.providers.includes(provider)
    );
  });
}
