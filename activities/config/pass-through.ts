/** What is behind the doors: the providers that can be called without a deployment of one's own, and the operator's own endpoints. */
import { DOOR_NAMES, DOORS, type DoorName } from '../../providers/dialects/passed-doors.ts';
import type { Config, Deployment, PassThroughEndpoint, PassThroughSettings } from './config.ts';
import { firstSet } from './deployment.ts';
import type { ProviderTable } from './model-name.ts';
import type { Variables } from './references.ts';
import { isPriceKey } from './schema-deployment.ts';
import type { FileSettings } from './schema.ts';
import { plainDeployment } from './zero.ts';

/** LiteLLM's default, `pass_through_request_timeout`. */
const TIMEOUT_MS = 600_000;

/** The operator's own endpoints are no provider's. */
export const CUSTOM = '';

export function doorId(door: DoorName): string {
  return `pass_through/${door}`;
}

function endpointId(path: string): string {
  return `pass_through${path}`;
}

export type PassThroughContext = {
  readonly deployments: readonly Deployment[];
  readonly providers: ProviderTable;
  readonly variables: Variables;
};

export function toPassThrough(settings: FileSettings, context: PassThroughContext): PassThroughSettings {
  const general = settings.general_settings ?? {};
  const timeoutMs = general.pass_through_request_timeout ?? TIMEOUT_MS;
  const endpoints = (general.pass_through_endpoints ?? []).map((entry): PassThroughEndpoint => ({
    id: endpointId(entry.path),
    path: entry.path.replace(/\/+$/, ''),
    auth: entry.auth ?? true,
    includeSubpath: entry.include_subpath ?? false,
    ...(entry.methods === undefined ? {} : { methods: entry.methods.map((method) => method.toUpperCase()) }),
  }));
  const own = (general.pass_through_endpoints ?? []).map((entry): Deployment => ({
    ...bare(endpointId(entry.path), CUSTOM, entry.timeout ?? timeoutMs),
    baseUrl: entry.target,
    settings: {
      headers: withVariables(entry.headers ?? {}, context.variables),
      query: entry.default_query_params ?? {},
      ...(entry.cost_per_request === undefined ? {} : { cost_per_request: entry.cost_per_request }),
    },
  }));
  const doors = DOOR_NAMES.flatMap((door) => deploymentBehind(door, context, timeoutMs) ?? []);
  return { access: settings.holdfast?.pass_through ?? 'generating', endpoints, deployments: [...doors, ...own] };
}

/** `Bearer os.environ/NAME`: a reference with words around it, which LiteLLM takes in these headers alone. */
function withVariables(
  headers: Readonly<Record<string, unknown>>,
  variables: Variables,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      String(value).replaceAll(/os\.environ\/(\w+)/g, (_, variable: string) => variables[variable] ?? ''),
    ]),
  );
}

function bare(id: string, provider: string, timeoutMs: number): Deployment {
  return {
    id,
    group: id,
    provider,
    model: '',
    timeoutMs,
    // Callers of a provider's own API decide themselves what to do about its refusals.
    cooldownTimeMs: 0,
    tags: [],
    defaults: {},
    settings: {},
    modelInfo: {},
  };
}

/** A deployment that the operator has marked, else what the environment says, as in LiteLLM. */
function deploymentBehind(
  door: DoorName,
  { deployments, providers, variables }: PassThroughContext,
  timeoutMs: number,
): Deployment | undefined {
  const { provider } = DOORS[door];
  const id = doorId(door);
  const marked = deployments.find((one) => one.provider === provider && one.settings['use_in_pass_through'] === true);
  if (marked !== undefined) {
    const { settings } = marked;
    const { apiKey, baseUrl } = marked;
    return {
      ...bare(id, provider, timeoutMs),
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(baseUrl === undefined ? {} : { baseUrl }),
      // Its prices are of its own model.
      settings: Object.fromEntries(
        Object.entries(settings).filter(([key]) => !isPriceKey(key) && key !== 'extra_body'),
      ),
    };
  }
  const row = providers[provider];
  const usable = [
    row?.keyVariables,
    row?.accountVariables,
    row?.baseUrlVariables,
    row?.settingVariables?.['vertex_project'],
  ];
  if (usable.every((names) => firstSet(variables, names) === undefined)) return undefined;
  const { apiKey, baseUrl, settings } = plainDeployment(id, provider, '', providers, variables);
  return {
    ...bare(id, provider, timeoutMs),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
    settings,
  };
}

/** Of the live configuration: one of the model list, or one behind a door. */
export function findDeployment(config: Config, id: string): Deployment | undefined {
  return (
    config.deployments.find((deployment) => deployment.id === id) ??
    config.passThrough?.deployments.find((deployment) => deployment.id === id)
  );
}

/** The operator's endpoint that serves a path, the longest first, and what of the path is left for its target. */
export function findEndpoint(
  config: Config,
  path: string,
): { readonly endpoint: PassThroughEndpoint; readonly rest: string } | undefined {
  const matching = (config.passThrough?.endpoints ?? []).filter(
    (one) => path === one.path || (one.includeSubpath && path.startsWith(`${one.path}/`)),
  );
  const endpoint = matching.toSorted((a, b) => b.path.length - a.path.length)[0];
  return endpoint && { endpoint, rest: path.slice(endpoint.path.length) };
}
