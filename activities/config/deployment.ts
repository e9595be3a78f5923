/** One `model_list` entry → one deployment: credential merged in, provider and upstream model told apart, a stable id. */
import { createHash } from 'node:crypto';
import type { Deployment } from './config.ts';
import type { ProviderTable } from './model-name.ts';
import { referenceOf, type Variables } from './references.ts';
import { OWN_NAMES, PARAMETER_NAMES, type DeploymentEntry } from './schema-deployment.ts';
import type { Credential, RouterSection } from './schema.ts';

export type DeploymentContext = {
  readonly providers: ProviderTable;
  readonly variables: Variables;
  readonly router: RouterSection;
  readonly credentials: readonly Credential[];
};

type Params = DeploymentEntry['litellm_params'];

/** What applies to an entry in the end: its own keys, then its credential's, then `default_litellm_params`. */
export function effectiveParams(
  entry: DeploymentEntry,
  context: Pick<DeploymentContext, 'router' | 'credentials'>,
): Params {
  const name = entry.litellm_params.litellm_credential_name;
  const credential = context.credentials.find((candidate) => candidate.credential_name === name);
  return { ...context.router.default_litellm_params, ...credential?.credential_values, ...entry.litellm_params };
}

export function toDeployment(
  entry: DeploymentEntry,
  target: { readonly provider: string; readonly model: string },
  id: string,
  context: DeploymentContext,
): Deployment {
  const params = effectiveParams(entry, context);
  const info = entry.model_info ?? {};
  const baseUrl = params.api_base ?? params.base_url ?? baseUrlFrom(context, target.provider);
  const apiKey = params.api_key ?? firstSet(context.variables, context.providers[target.provider]?.keyVariables);
  const maxParallelRequests = params.max_parallel_requests ?? context.router.default_max_parallel_requests;
  const cooldownTimeMs = info.cooldown_time ?? params.cooldown_time;
  return {
    id,
    group: entry.model_name,
    provider: target.provider,
    model: target.model,
    ...(baseUrl !== undefined && { baseUrl }),
    ...(apiKey !== undefined && { apiKey }),
    ...(params.weight !== undefined && { weight: params.weight }),
    ...(params.rpm !== undefined && { rpm: params.rpm }),
    ...(params.tpm !== undefined && { tpm: params.tpm }),
    ...(params.order !== undefined && { order: params.order }),
    ...(maxParallelRequests !== undefined && { maxParallelRequests }),
    ...(params.timeout !== undefined && { timeoutMs: params.timeout }),
    ...(params.stream_timeout !== undefined && { streamTimeoutMs: params.stream_timeout }),
    ...(params.num_retries !== undefined && { numRetries: params.num_retries }),
    ...(cooldownTimeMs !== undefined && { cooldownTimeMs }),
    tags: params.tags ?? [],
    ...(params.silent_model !== undefined && { silentModels: params.silent_model }),
    defaults: pick(params, (key) => PARAMETER_NAMES.has(key)),
    settings: {
      ...settingsFrom(context.variables, context.providers[target.provider]),
      ...pick(params, (key) => !PARAMETER_NAMES.has(key) && !OWN_NAMES.has(key)),
    },
    modelInfo: info,
  };
}

function pick(params: Params, wanted: (key: string) => boolean): Record<string, unknown> {
  return Object.fromEntries(Object.entries(params).filter(([key, value]) => value !== undefined && wanted(key)));
}

export function firstSet(variables: Variables, names: readonly string[] | undefined): string | undefined {
  const name = names?.find((candidate) => (variables[candidate] ?? '') !== '');
  return name === undefined ? undefined : variables[name]?.trim();
}

/** Settings of a provider that the environment gives, such as a project or a region. */
export function settingsFrom(
  variables: Variables,
  provider: ProviderTable[string] | undefined,
): Readonly<Record<string, string>> {
  const settings: Record<string, string> = {};
  for (const [setting, names] of Object.entries(provider?.settingVariables ?? {})) {
    const value = firstSet(variables, names);
    if (value !== undefined) settings[setting] = value;
  }
  return settings;
}

function baseUrlFrom({ providers, variables }: DeploymentContext, provider: string): string | undefined {
  return firstSet(variables, providers[provider]?.baseUrlVariables)?.replace(/\/+$/, '');
}

/** Settings that are secrets when written out. A reference to a variable is no secret and tells two keys apart. */
const SECRET_SETTING = /key$|secret|password|token$|credentials$|headers$|authorization/i;

/**
 * The id of an entry without one: the same for the same entry in every process and after every restart, so that cooldowns
 * and the ledger stay with the deployment, also when its key was rotated. Takes the entry as written, before references
 * were resolved.
 */
export function deploymentId(written: unknown): string {
  return createHash('sha256').update(canonical(written, '')).digest('hex').slice(0, 16);
}

function canonical(value: unknown, key: string): string {
  if (typeof value === 'string' && SECRET_SETTING.test(key) && referenceOf(value) === undefined) return '"secret"';
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, key)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    // Inside `extra_headers` and the like every value may be a secret, whatever its own name.
    return `{${entries.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item, SECRET_SETTING.test(key) ? key : name)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
