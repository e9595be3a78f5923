/** LiteLLM's names of Bedrock models: routes, regions, families and ARNs before and around the model's id. */
import { textOf } from '../protocol/json.ts';
import { Refused } from '../protocol/refused.ts';
import type { Target } from '../provider.ts';
import { isRegion } from './region.ts';

/** Protocols of `invoke`: each family of models has its own. */
export type Family =
  'claude' | 'nova' | 'openai' | 'llama' | 'deepseek_r1' | 'mistral' | 'titan' | 'command' | 'command-r' | 'qwen2';

export type NamedModel = {
  readonly route: 'converse' | 'invoke';
  /** What the address names: an id, or an ARN. */
  readonly id: string;
  /** What the abilities follow from; differs from `id` where a profile's ARN says nothing. */
  readonly name: string;
  readonly region?: string;
  /** Said in the name: imported models have ARNs that say nothing. */
  readonly family?: Family;
};

/** Prefixes of LiteLLM for other services of Amazon's. */
const OTHER_SERVICES: ReadonlySet<string> = new Set([
  'agent',
  'agentcore',
  'async_invoke',
  'mantle',
  'claude_platform',
  'chat_completions',
]);

const FAMILIES: ReadonlyMap<string, Family> = new Map<string, Family>([
  ['llama', 'llama'],
  ['deepseek_r1', 'deepseek_r1'],
  ['openai', 'openai'],
  ['qwen3', 'openai'],
  ['moonshot', 'openai'],
  ['qwen2', 'qwen2'],
  ['nova', 'nova'],
]);

const ARN_REGION = /^arn:aws[a-z-]*:bedrock:([a-z0-9-]+):/;

export type SplitName = {
  readonly route: NamedModel['route'];
  /** The id or ARN that is left when routes, region and family are taken off. */
  readonly rest: string;
  readonly region?: string;
  readonly family?: Family;
  /** A prefix of another service, where there is one. */
  readonly other?: string;
};

export function splitName(model: string): SplitName {
  let rest = model;
  let route: NamedModel['route'] = 'converse';
  let region: string | undefined;
  let family: Family | undefined;
  let other: string | undefined;
  for (;;) {
    const slash = rest.indexOf('/');
    if (slash === -1 || rest.startsWith('arn:')) break;
    const head = rest.slice(0, slash);
    const known = FAMILIES.get(head);
    if (OTHER_SERVICES.has(head)) other = head;
    else if (head === 'invoke') route = 'invoke';
    else if (head === 'converse' || head === 'converse_like') route = 'converse';
    else if (isRegion(head)) region = head;
    else if (known !== undefined) {
      family = known;
      route = 'invoke';
    } else break;
    rest = rest.slice(slash + 1);
  }
  return {
    route,
    rest,
    ...(region === undefined ? {} : { region }),
    ...(family === undefined ? {} : { family }),
    ...(other === undefined ? {} : { other }),
  };
}

/** Errors: {@link Refused} for a service that is not this one. */
export function namedModel(target: Target): NamedModel {
  const { route, rest, region, family, other } = splitName(target.model);
  if (other !== undefined)
    throw new Refused('unsupported_parameter', `Bedrock models with the prefix ${other}/ are not served.`, 'model');
  const id = textOf(target.settings['model_id']) ?? rest;
  const inArn = ARN_REGION.exec(id)?.[1];
  const place = inArn !== undefined && isRegion(inArn) ? inArn : region;
  return {
    route,
    id,
    name: rest.toLowerCase(),
    ...(place === undefined ? {} : { region: place }),
    ...(family === undefined ? {} : { family }),
  };
}
