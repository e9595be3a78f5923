/** What a started gateway says: where everything is, and a request that works as pasted. */
import type { Config } from '../../activities/config/config.ts';
import { listModels } from '../../activities/config/match.ts';
import type { Role } from '../gateway.ts';
import { describeDeployments } from './check-config.ts';

export type BannerFacts = {
  readonly config: Config;
  readonly role: Role;
  readonly url: string;
  readonly services: { readonly temporalUiUrl?: string };
  /** `path` only when the key is one that we made. */
  readonly key: { readonly key: string; readonly path?: string };
  /** Show a key that we made; otherwise only its file, because collected output is kept. */
  readonly interactive: boolean;
  readonly readyMs: number;
};

/** A model that answers at once: the first one with a whole name, else the mock, else a pattern to fill in. */
export function exampleModel(config: Config): string {
  const names = listModels(config).map(({ id }) => id);
  const whole = names.find((name) => !name.includes('*'));
  if (whole !== undefined) return whole;
  if (names.includes('mock/*')) return 'mock/hello';
  return names[0] ?? 'mock/hello';
}

export function banner(facts: BannerFacts): string {
  const { config, role, url, services, key, interactive, readyMs } = facts;
  const rows: (readonly [string, string])[] = [
    [
      'Models',
      describeDeployments(config.deployments) +
        (config.source === undefined ? ', no configuration file' : `, ${config.source}`),
    ],
  ];
  if (role !== 'worker') rows.push(['API', `${url}/v1`], ['Docs', `${url}/docs`]);
  if (services.temporalUiUrl !== undefined) rows.push(['Workflows', services.temporalUiUrl]);
  if (role !== 'worker' && key.path !== undefined)
    rows.push(['Master key', interactive ? `${key.key}  (${key.path})` : key.path]);
  const table = rows.map(([name, value]) => `  ${name.padEnd(11)} ${value}`).join('\n');
  const head = `Holdfast ${role === 'all' ? 'is' : `(${role}) is`} ready after ${(readyMs / 1000).toFixed(1)} s`;
  if (role === 'worker') return `\n${head}\n\n${table}\n`;
  return `\n${head}\n\n${table}\n\n${example(facts)}\n`;
}

function example({ config, url, key, interactive }: BannerFacts): string {
  const secret = key.path === undefined ? '$LITELLM_MASTER_KEY' : interactive ? key.key : `$(cat ${quote(key.path)})`;
  const body = JSON.stringify({ model: exampleModel(config), messages: [{ role: 'user', content: 'Hello!' }] });
  return [
    '  Try it:',
    `  curl ${url}/v1/chat/completions -H "Authorization: Bearer ${secret}" \\`,
    `    -H 'Content-Type: application/json' -d ${quote(body)}`,
    `  To stream, add "stream": true to the body and -N to curl.`,
  ].join('\n');
}

/** For a POSIX shell. */
function quote(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
