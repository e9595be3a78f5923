/** What the models on Bedrock can do, by their makers: Converse has one body for all of them, but not every model takes all of it. */
import { claudeModel, type ClaudeModel } from '../anthropic/models.ts';

const VENDORS = [
  'anthropic',
  'amazon',
  'meta',
  'mistral',
  'cohere',
  'ai21',
  'deepseek',
  'openai',
  'qwen',
  'moonshot',
  'moonshotai',
  'minimax',
  'google',
  'nvidia',
  'zai',
  'xai',
  'writer',
] as const;

export type Vendor = (typeof VENDORS)[number] | 'unknown';

export type Abilities = {
  readonly vendor: Vendor;
  /** For people, in refusals. */
  readonly name: string;
  readonly claude?: ClaudeModel;
  /** How far a tool can be forced: one by its name, any, or none. */
  readonly choice: 'named' | 'any' | 'auto';
  readonly reasoning: 'claude' | 'nova' | 'effort' | 'none';
  readonly jsonSchema: boolean;
  readonly cachePoints: boolean;
  /** Whether cache points can live for an hour. */
  readonly cacheTtl: boolean;
  readonly audio: boolean;
};

const VENDOR = new RegExp(`(?:^|[./])(${VENDORS.join('|')})\\.`);

function vendorOf(name: string): Vendor {
  const found = VENDOR.exec(name)?.[1];
  const vendor = VENDORS.find((candidate) => candidate === found);
  return vendor ?? (name.includes('claude') ? 'anthropic' : 'unknown');
}

/** Amazon's name of the second generation is not Anthropic's. */
export function claudeName(name: string): string {
  return name.replace(/claude-(?:instant-)?v(\d)/, 'claude-$1');
}

const CHOICES: Readonly<Partial<Record<Vendor, Abilities['choice']>>> = {
  mistral: 'any',
  meta: 'auto',
  deepseek: 'auto',
  ai21: 'auto',
  cohere: 'auto',
  writer: 'auto',
};

/** Makers whose models take an effort under OpenAI's name. */
const EFFORTS: ReadonlySet<Vendor> = new Set([
  'openai',
  'deepseek',
  'qwen',
  'moonshot',
  'moonshotai',
  'minimax',
  'nvidia',
  'zai',
  'xai',
]);

/** Open models that Amazon serves with JSON schemas. */
const JSON_SCHEMA =
  /gpt-oss|qwen3|deepseek\.v3|kimi-k2|minimax-m2|gemma-3|magistral|ministral|mistral-large-3|voxtral|nemotron/;

function isNova(name: string): boolean {
  return name.includes('nova');
}

function reasoningOf(vendor: Vendor, name: string): Abilities['reasoning'] {
  if (vendor === 'anthropic') return 'claude';
  if (vendor === 'amazon') return /nova-2|nova-premier-2/.test(name) ? 'nova' : 'none';
  if (vendor === 'deepseek' && name.includes('r1')) return 'none';
  return EFFORTS.has(vendor) ? 'effort' : 'none';
}

/** A cache point is refused by models without a cache. */
function hasCache(vendor: Vendor, name: string): boolean {
  if (vendor === 'amazon') return isNova(name);
  return vendor === 'anthropic' && !/claude-(instant|v\d|3-(opus|sonnet|haiku))/.test(name);
}

/** `name` in lower case. */
export function abilitiesOf(name: string): Abilities {
  const vendor = vendorOf(name);
  const claude = vendor === 'anthropic' ? claudeModel(claudeName(name)) : undefined;
  return {
    vendor,
    name,
    ...(claude === undefined ? {} : { claude }),
    choice: CHOICES[vendor] ?? 'named',
    reasoning: reasoningOf(vendor, name),
    jsonSchema: claude?.jsonSchema ?? JSON_SCHEMA.test(name),
    cachePoints: hasCache(vendor, name),
    cacheTtl: claude?.jsonSchema === true,
    audio: /voxtral|omni/.test(name),
  };
}
