/** Every environment variable that configures the gateway itself, in one table. Providers' keys are in their catalog. */
import { parseDuration } from './duration.ts';
import { toFlag, toNetworks, toWebhookSecrets } from './kinds.ts';
import type { Problem } from './problem.ts';
import type { Variables } from './references.ts';

type Entry<T> = {
  /** The first one that is set wins. */
  readonly variables: readonly string[];
  readonly parse: (text: string) => T | undefined;
  readonly expected: string;
};

const text = (...variables: string[]): Entry<string> => ({ variables, parse: (value) => value, expected: 'text' });
const flag = (...variables: string[]): Entry<boolean> => ({ variables, parse: toFlag, expected: 'true or false' });
const port = (...variables: string[]): Entry<number> => ({
  variables,
  parse: (value) => (/^\d{1,5}$/.test(value) && Number(value) <= 65_535 ? Number(value) : undefined),
  expected: 'a port number, 0 to 65535',
});
const whole = (...variables: string[]): Entry<number> => ({
  variables,
  parse: (value) => (/^\d{1,9}$/.test(value) ? Number(value) : undefined),
  expected: 'a whole number ≥ 0',
});
const seconds = (...variables: string[]): Entry<number> => ({
  variables,
  parse: (value) => parseDuration(value, 1_000),
  expected: 'seconds, or a duration such as "10m"',
});

const webhookSecrets = (...variables: string[]): Entry<string[]> => ({
  variables,
  parse: toWebhookSecrets,
  expected: '"whsec_" and 24 to 64 bytes in base64, or several, separated by commas',
});
const networks = (...variables: string[]): Entry<string[]> => ({
  variables,
  parse: toNetworks,
  expected: 'networks such as 10.0.0.0/8, separated by commas',
});

export const ENVIRONMENT = {
  configPath: text('CONFIG_FILE_PATH'),
  host: text('HOST'),
  port: port('PORT'),
  home: text('HOLDFAST_HOME'),
  masterKey: text('LITELLM_MASTER_KEY', 'HOLDFAST_MASTER_KEY'),
  keyPepper: text('HOLDFAST_KEY_PEPPER', 'LITELLM_SALT_KEY'),
  databaseUrl: text('DATABASE_URL'),
  databaseHost: text('DATABASE_HOST'),
  databaseUser: text('DATABASE_USERNAME'),
  databasePassword: text('DATABASE_PASSWORD'),
  databaseName: text('DATABASE_NAME'),
  redisUrl: text('REDIS_URL'),
  redisHost: text('REDIS_HOST'),
  redisPort: port('REDIS_PORT'),
  redisUsername: text('REDIS_USERNAME'),
  redisPassword: text('REDIS_PASSWORD'),
  redisDb: whole('REDIS_DB'),
  redisTls: flag('REDIS_SSL'),
  dropParams: flag('LITELLM_DROP_PARAMS'),
  modifyParams: flag('LITELLM_MODIFY_PARAMS'),
  requestTimeoutMs: seconds('REQUEST_TIMEOUT'),
  temporalAddress: text('TEMPORAL_ADDRESS'),
  temporalNamespace: text('TEMPORAL_NAMESPACE'),
  temporalTaskQueue: text('TEMPORAL_TASK_QUEUE'),
  temporalApiKey: text('TEMPORAL_API_KEY'),
  temporalTls: flag('TEMPORAL_TLS'),
  temporalUiUrl: text('TEMPORAL_UI_URL'),
  webhookSecret: webhookSecrets('HOLDFAST_WEBHOOK_SECRET'),
  webhookNetworks: networks('HOLDFAST_WEBHOOK_ALLOWED_NETWORKS'),
  gatewayUrl: text('HOLDFAST_URL'),
  apiKey: text('HOLDFAST_API_KEY'),
  logLevel: text('LITELLM_LOG', 'LOG_LEVEL'),
} as const satisfies Record<string, Entry<unknown>>;

export type Environment = {
  readonly [Name in keyof typeof ENVIRONMENT]?: (typeof ENVIRONMENT)[Name] extends Entry<infer T> ? T : never;
};

/** The variable that a setting comes from; the first of its names when none is set. */
export function variableOf(name: keyof Environment, variables: Variables): string {
  const entry = ENVIRONMENT[name];
  return entry.variables.find((candidate) => (variables[candidate] ?? '') !== '') ?? entry.variables[0] ?? name;
}

/** Empty variables count as not set: that is how compose files and shells "unset" one. */
export function readEnvironment(variables: Variables): { environment: Environment; problems: Problem[] } {
  const values: Record<string, unknown> = {};
  const problems: Problem[] = [];
  for (const [name, entry] of Object.entries(ENVIRONMENT) as [string, Entry<unknown>][]) {
    const variable = entry.variables.find((candidate) => (variables[candidate] ?? '') !== '');
    const found = variable === undefined ? undefined : variables[variable]?.trim();
    if (variable === undefined || found === undefined) continue;
    const value = entry.parse(found);
    // The value is not shown: any of these may have been given a secret by mistake.
    if (value === undefined) problems.push(environmentProblem(variable, `expected ${entry.expected}`));
    else values[name] = value;
  }
  return { environment: values, problems };
}

/** Variables of LiteLLM that are understood and without effect so far; reported when set, like keys of the file. */
const NOT_SERVED = [
  'STORE_MODEL_IN_DB',
  'LITELLM_MODIFY_PARAMS',
  'JSON_LOGS',
  'REDIS_CLUSTER_NODES',
  'UI_USERNAME',
  'UI_PASSWORD',
  'SERVER_ROOT_PATH',
  'PROXY_BASE_URL',
  'SSL_VERIFY',
];

export function unservedVariables(variables: Variables): Problem[] {
  const set = NOT_SERVED.filter((name) => {
    const value = variables[name] ?? '';
    return value !== '' && (name === 'SSL_VERIFY' ? toFlag(value) === false : toFlag(value) !== false);
  });
  return set.map((name) => ({
    ...environmentProblem(name, 'is understood, but not served yet: it has no effect'),
    kind: 'not_served',
  }));
}

export function environmentProblem(variable: string, message: string): Problem {
  return { kind: 'invalid', file: 'environment', line: 0, column: 0, path: variable, message };
}

/** The process's own environment: the only place that reads it. */
export function processVariables(): Variables {
  return process.env;
}
