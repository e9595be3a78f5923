/** The doctor's look at the providers: is there a credential, and can their servers be reached. No request is sent, nothing is billed. */
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Config, Deployment } from '../../activities/config/config.ts';
import { catalog } from '../../providers/catalog.ts';
import type { Finding } from './doctor.ts';

const ANSWER_WITHIN_MS = 3_000;

export async function checkProviders(config: Config): Promise<readonly Finding[]> {
  const targets = new Map<string, Deployment[]>();
  for (const deployment of config.deployments) {
    const url = baseUrlOf(deployment);
    const key = `${deployment.provider} ${url}`;
    targets.set(key, [...(targets.get(key) ?? []), deployment]);
  }
  return Promise.all([...targets.values()].map(checkTarget));
}

function baseUrlOf({ provider, baseUrl }: Deployment): string {
  return baseUrl ?? catalog[provider]?.baseUrl ?? '';
}

async function checkTarget(deployments: readonly Deployment[]): Promise<Finding> {
  const [first] = deployments;
  const check = first?.provider ?? 'provider';
  const provider = catalog[check];
  const groups = [...new Set(deployments.map(({ group }) => group))].join(', ');
  if (first === undefined || provider === undefined)
    return { check, status: 'fail', detail: `${groups}: no such provider`, fix: 'correct the prefix of model' };
  const url = baseUrlOf(first);
  const keyless = deployments.filter(({ apiKey }) => apiKey === undefined);
  const { kind } = provider.auth;
  // The other kinds can also take a token, a role or an account of the machine.
  if (keyless.length > 0 && (kind === 'bearer' || kind === 'header') && provider.keyOptional !== true) {
    const names = [...new Set(keyless.map(({ group }) => group))].join(', ');
    const variable = provider.keyVariables[0];
    const fix = variable === undefined ? 'set api_key' : `set ${variable}, or api_key in the configuration`;
    return { check, status: 'fail', detail: `no credential for ${names}`, fix };
  }
  if (!/^https?:/.test(url)) {
    if (url !== '') return { check, status: 'ok', detail: `${groups}: answered here, nothing to reach` };
    return { check, status: 'fail', detail: `${groups}: no base URL`, fix: 'set api_base' };
  }
  const trouble = await reach(url);
  if (trouble === undefined) return { check, status: 'ok', detail: `${new URL(url).host} can be reached (${groups})` };
  const fix = 'check api_base, DNS, firewall and the certificate; requests to it will fail or fall back';
  // A warning: a gateway with fallbacks serves without it, and providers have bad minutes.
  return { check, status: 'warn', detail: `${new URL(url).host} cannot be reached (${groups}): ${trouble}`, fix };
}

/** A TCP connection, with TLS where the URL says so; the trouble, or undefined. */
function reach(url: string): Promise<string | undefined> {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const secure = protocol === 'https:';
    const target = { host, port: Number(port || (secure ? 443 : 80)) };
    const socket = secure ? connectTls({ ...target, servername: host }) : connectTcp(target);
    const finish = (trouble: string | undefined): void => {
      socket.destroy();
      resolve(trouble);
    };
    socket.setTimeout(ANSWER_WITHIN_MS, () => finish(`no answer within ${ANSWER_WITHIN_MS / 1000} s`));
    socket.once(secure ? 'secureConnect' : 'connect', () => finish(undefined));
    socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
  });
}
