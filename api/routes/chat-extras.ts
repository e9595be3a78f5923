/** What a caller may say about the way of its request: LiteLLM's extra body fields and headers, taken out of the request. */
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { isSet } from '../../providers/protocol/json.ts';
import { toInvalidRequest } from '../../providers/protocol/problem.ts';
import type { Wishes } from '../dispatch.ts';
import { refuse, Refusal } from '../middleware/refusal.ts';

/** A day: longer waits are a mistake in units (milliseconds given where seconds are meant). */
const MAX_TIMEOUT_SECONDS = 86_400;
const MAX_RETRIES = 100;
const MAX_TAGS = 100;

const seconds = z.number().positive().max(MAX_TIMEOUT_SECONDS);
const retries = z.number().int().min(0).max(MAX_RETRIES);
const tags = z.array(z.string().min(1).max(200)).max(MAX_TAGS);
const names = z.array(z.string().min(1)).max(MAX_TAGS);
/** A plain list, the router's form (one list per model), or models with what is to be asked of them instead. */
const target = z.looseObject({ model: z.string().min(1) });
const fallbacks = z.array(z.union([z.string().min(1), target, z.record(z.string(), names)])).max(MAX_TAGS);

/** The extras that shape a request's way. `nullish`: clients send `null` for what they leave open. */
export const chatExtrasSchema = z.object({
  num_retries: retries.nullish().meta({ description: 'How often a failed attempt is repeated.' }),
  fallbacks: fallbacks.nullish().meta({
    description:
      'Models that are tried, in order, when all attempts at this one failed; `{"model": …, "messages": […]}` asks something else of it.',
  }),
  context_window_fallbacks: fallbacks.nullish().meta({ description: 'The same when the prompt is too long.' }),
  content_policy_fallbacks: fallbacks
    .nullish()
    .meta({ description: "The same when the provider's policy refuses the prompt." }),
  include_fallback_errors: z
    .boolean()
    .nullish()
    .meta({ description: 'The header x-litellm-fallback-errors of a whole answer says what it fell back from.' }),
  disable_fallbacks: z.boolean().nullish(),
  timeout: seconds.nullish().meta({ description: 'Seconds one attempt may take.' }),
  stream_timeout: seconds.nullish().meta({ description: 'Seconds to the first chunk of a stream.' }),
  tags: tags
    .nullish()
    .meta({ description: 'For searching and reports; with `enable_tag_filtering` they also choose deployments.' }),
  drop_params: z.boolean().nullish().meta({ description: 'Leave out parameters that the provider does not know.' }),
  allowed_model_region: z
    .string()
    .min(1)
    .max(64)
    .nullish()
    .meta({ description: 'Only deployments in this region, such as eu, or eu-west-1.' }),
  litellm_session_id: z.string().min(1).max(256).nullish().meta({ description: 'Requests of one session.' }),
  additional_drop_params: names.nullish(),
  allowed_openai_params: names.nullish(),
});

const SHAPING: ReadonlySet<string> = new Set(Object.keys(chatExtrasSchema.shape));

/** Fields that mean something to LiteLLM and change nothing here: removed, since no provider knows them. */
const IGNORED: ReadonlySet<string> = new Set([
  'cache',
  'caching',
  'no-log',
  'priority',
  'litellm_metadata',
  'litellm_trace_id',
  'litellm_call_id',
]);

/**
 * Fields that would change what the caller gets and are not served. Ignored, a guardrail that the caller relies on would silently
 * not run; passed on, a caller could point the operator's credential at a host of its own.
 */
const REFUSED: Readonly<Record<string, string>> = {
  api_key: 'Credentials of providers are configured by the operator.',
  api_base: 'The address of a provider is configured by the operator.',
  base_url: 'The address of a provider is configured by the operator.',
  extra_headers: 'Headers to a provider are configured by the operator.',
  mock_response: 'Mocked answers are not allowed here; use a model of the mock provider.',
  mock_testing_fallbacks: 'Mocked failures are not allowed here; use a model of the mock provider.',
  mock_testing_context_fallbacks: 'Mocked failures are not allowed here; use a model of the mock provider.',
  mock_testing_content_policy_fallbacks: 'Mocked failures are not allowed here; use a model of the mock provider.',
  mock_testing_rate_limit_error: 'Mocked failures are not allowed here; use a model of the mock provider.',
  mock_timeout: 'Mocked failures are not allowed here; use a model of the mock provider.',
  mock_delay: 'Mocked answers are not allowed here; use a model of the mock provider.',
  guardrails: 'Guardrails are not supported.',
  guardrail_config: 'Guardrails are not supported.',
  prompt_id: 'Managed prompts are not supported.',
  prompt_variables: 'Managed prompts are not supported.',
  prompt_version: 'Managed prompts are not supported.',
  fastest_response: 'Racing several models is not supported.',
};

export type Extras = {
  /** The request as providers shall see it: a copy where something was taken out, else the same object. */
  readonly body: Record<string, unknown>;
  readonly wishes: Wishes;
  /** What is to be asked instead of single fallbacks. */
  readonly overrides: readonly Override[];
};

type Override = { readonly model: string; readonly changes: Readonly<Record<string, unknown>>; readonly param: string };

/** Throws a 400 that names the field or header. */
export function takeExtras(body: Record<string, unknown>, headers: IncomingHttpHeaders): Extras {
  const rest: Record<string, unknown> = { ...mergedWithExtraBody(body) };
  const found: Record<string, unknown> = {};
  for (const key of Object.keys(rest)) {
    if (SHAPING.has(key)) found[key] = rest[key];
    else if (Object.hasOwn(REFUSED, key)) refuseUnlessEmpty(key, rest[key]);
    else if (!IGNORED.has(key)) continue;
    delete rest[key];
  }
  const metadataTags = takeMetadata(rest);
  if (metadataTags !== undefined) found['tags'] = [...toList(found['tags']), ...toList(metadataTags)];
  takeHeaders(found, headers);
  const delivery = deliveryOf(headers);
  const wishes = Object.keys(found).length === 0 ? {} : toWishes(found, rest['model']);
  return {
    body: rest,
    wishes: delivery === undefined ? wishes : { ...wishes, delivery },
    overrides: FALLBACK_FIELDS.flatMap((field) => overridesIn(field, found[field])),
  };
}

const FALLBACK_FIELDS = ['fallbacks', 'context_window_fallbacks', 'content_policy_fallbacks'] as const;

/** What such an entry may not change: it would speak of the request as a whole, or reach around the operator. */
function overridesIn(field: string, list: unknown): readonly Override[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown, index) => {
    if (!isTarget(entry)) return [];
    const { model, ...changes } = entry;
    const wrong = Object.keys(changes).find(
      (key) => SHAPING.has(key) || Object.hasOwn(REFUSED, key) || key === 'stream',
    );
    const param = `${field}[${index}]`;
    if (wrong !== undefined)
      refuse('invalid_request', `"${wrong}" cannot be changed for a fallback.`, `${param}.${wrong}`);
    return Object.keys(changes).length === 0 ? [] : [{ model, changes, param }];
  });
}

function isTarget(entry: unknown): entry is { readonly model: string } & Record<string, unknown> {
  return typeof entry === 'object' && entry !== null && 'model' in entry && typeof entry.model === 'string';
}

/** The official Python client merges `extra_body` itself; callers of plain HTTP send it as it stands. */
function mergedWithExtraBody(body: Record<string, unknown>): Record<string, unknown> {
  if (!('extra_body' in body)) return body;
  const { extra_body: extra, ...rest } = body;
  if (extra === null) return rest;
  if (typeof extra !== 'object' || Array.isArray(extra))
    refuse('invalid_request', 'extra_body must be an object.', 'extra_body');
  return { ...extra, ...rest };
}

function refuseUnlessEmpty(key: string, value: unknown): void {
  const empty = value === null || value === false || value === '' || (Array.isArray(value) && value.length === 0);
  if (!empty) refuse('unsupported_parameter', `The parameter "${key}" is not accepted. ${REFUSED[key] ?? ''}`, key);
}

/** `metadata` is OpenAI's field with strings only; LiteLLM's callers also keep tags and objects in it, which no provider takes. */
function takeMetadata(rest: Record<string, unknown>): unknown {
  const { metadata } = rest;
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return undefined;
  const entries: [string, unknown][] = Object.entries(metadata);
  const strings = entries.filter(([key, value]) => typeof value === 'string' && key !== 'tags');
  if (strings.length < entries.length) {
    if (strings.length === 0) delete rest['metadata'];
    else rest['metadata'] = Object.fromEntries(strings);
  }
  return entries.find(([key]) => key === 'tags')?.[1] ?? undefined;
}

function toList(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** A header wins over the body: it is what a proxy or an operator adds without touching the request. */
function takeHeaders(found: Record<string, unknown>, headers: IncomingHttpHeaders): void {
  for (const [header, field] of HEADER_FIELDS) {
    const value = headers[header];
    if (typeof value !== 'string' || value.trim() === '') continue;
    const parsed = HEADER_SCHEMAS[field].safeParse(value.trim());
    if (!parsed.success) refuse('invalid_request', `The header ${header} is not a number in its range.`, header);
    found[field] = parsed.data;
  }
  const session = headers['x-litellm-session-id'];
  if (typeof session === 'string' && session !== '') found['litellm_session_id'] = session;
  const list = headers['x-litellm-tags'];
  if (typeof list === 'string') {
    const given = list.split(',').map((tag) => tag.trim());
    found['tags'] = [...toList(found['tags']), ...given.filter((tag) => tag !== '')];
  }
}

const HEADER_FIELDS = [
  ['x-litellm-timeout', 'timeout'],
  ['x-litellm-stream-timeout', 'stream_timeout'],
  ['x-litellm-num-retries', 'num_retries'],
] as const;

const decimal = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,9})?$/)
  .transform(Number);
const HEADER_SCHEMAS = {
  timeout: decimal.pipe(seconds),
  stream_timeout: decimal.pipe(seconds),
  num_retries: decimal.pipe(retries),
};

function deliveryOf(headers: IncomingHttpHeaders): Wishes['delivery'] {
  const value = headers['x-holdfast-delivery'];
  if (value === undefined || value === 'at_least_once' || value === 'at_most_once') return value;
  return refuse('invalid_request', 'x-holdfast-delivery must be at_least_once or at_most_once.', 'x-holdfast-delivery');
}

function toWishes(found: Record<string, unknown>, model: unknown): Wishes {
  const parsed = chatExtrasSchema.safeParse(found);
  if (!parsed.success) {
    throw new Refusal(toInvalidRequest(parsed.error, found));
  }
  const extras = parsed.data;
  const list = (entries: typeof extras.fallbacks): readonly string[] | undefined =>
    entries?.flatMap((entry) => {
      if (typeof entry === 'string') return [entry];
      if (isTarget(entry)) return [entry.model];
      return typeof model === 'string' && Object.hasOwn(entry, model) ? (entry[model] ?? []) : [];
    });
  const general = list(extras.fallbacks);
  const larger = list(extras.context_window_fallbacks);
  const freer = list(extras.content_policy_fallbacks);
  return {
    ...(isSet(extras.num_retries) ? { numRetries: extras.num_retries } : {}),
    ...(isSet(extras.timeout) ? { timeoutMs: Math.ceil(extras.timeout * 1000) } : {}),
    ...(isSet(extras.stream_timeout) ? { streamTimeoutMs: Math.ceil(extras.stream_timeout * 1000) } : {}),
    ...(general === undefined ? {} : { fallbacks: general }),
    ...(larger === undefined ? {} : { contextWindowFallbacks: larger }),
    ...(freer === undefined ? {} : { contentPolicyFallbacks: freer }),
    ...(extras.include_fallback_errors === true ? { includeFallbackErrors: true } : {}),
    ...(isSet(extras.disable_fallbacks) ? { disableFallbacks: extras.disable_fallbacks } : {}),
    ...(isSet(extras.tags) ? { tags: [...new Set(extras.tags)] } : {}),
    ...(isSet(extras.allowed_model_region) ? { region: extras.allowed_model_region } : {}),
    ...(isSet(extras.litellm_session_id) ? { sessionId: extras.litellm_session_id } : {}),
    ...(isSet(extras.drop_params) ? { dropParams: extras.drop_params } : {}),
    ...(isSet(extras.additional_drop_params) ? { additionalDropParams: extras.additional_drop_params } : {}),
    ...(isSet(extras.allowed_openai_params) ? { allowedOpenaiParams: extras.allowed_openai_params } : {}),
  };
}
