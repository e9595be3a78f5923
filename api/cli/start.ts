/** `holdfast start`: configuration, then the servers it stands on, then the gateway; and the same way back. */
import { createHash } from 'node:crypto';
import type { Config } from '../../activities/config/config.ts';
import { readEnvironment } from '../../activities/config/environment.ts';
import { formatProblems, loadConfig } from '../../activities/config/load.ts';
import { loadKeyPepper, loadMasterKey, type MasterKey } from '../../activities/embedded/master-key.ts';
import { probePort } from '../../activities/embedded/port.ts';
import { startServices, type Services } from '../../activities/embedded/services.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts';
import type { Gateway, Role } from '../gateway.ts';
import { banner } from './banner.ts';
import { EXIT, type Context } from './context.ts';

export type StartFlags = {
  readonly config?: string;
  readonly model?: string;
  readonly port?: number;
  readonly host?: string;
  readonly role: Role;
  readonly home?: string;
};

const DEFAULT_PORT = 4000;
/** This machine only: a gateway that holds provider keys is opened to a network on purpose, not by default. */
const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_HOME = '.holdfast';

/** Where to listen and to keep things: flags before environment before defaults. */
export function placeOf(flags: Pick<StartFlags, 'port' | 'host' | 'home'>, { env }: Pick<Context, 'env'>) {
  const { environment } = readEnvironment(env);
  return {
    port: flags.port ?? environment.port ?? DEFAULT_PORT,
    host: flags.host ?? environment.host ?? DEFAULT_HOST,
    home: flags.home ?? environment.home ?? DEFAULT_HOME,
  };
}

export async function start(flags: StartFlags, context: Context): Promise<number> {
  const { complain, log, stop } = context;
  const config = readConfig(flags, context);
  if (config === undefined) return EXIT.config;
  const { port, host, home } = placeOf(flags, context);
  if (flags.role !== 'worker' && port !== 0 && (await probePort(port, host)) === undefined) {
    complain(`Port ${port} on ${host} is not free (another gateway?). Choose another one with --port, or 0 for any.`);
    return EXIT.failed;
  }
  let services: Services | undefined;
  let gateway: Gateway | undefined;
  try {
    // The gateway's modules take as long to load as the servers to start: do both at once.
    const loading = import('../gateway.ts');
    const [{ startGateway }, key, keyPepper, started] = await Promise.all([
      loading,
      keyOf(config, home),
      pepperOf(config, home),
      startServices({ home, config, log, env: context.env, searchAttributes: SEARCH_ATTRIBUTES, signal: stop }),
    ]);
    services = started;
    context.force.addEventListener('abort', started.end, { once: true });
    if (!stop.aborted) {
      gateway = await startGateway({
        config,
        host,
        port,
        role: flags.role,
        services,
        masterKey: key.key,
        keyPepper,
        log,
      });
    }
    if (gateway !== undefined && !stop.aborted) {
      const readyMs = Math.round(performance.now());
      context.print(
        banner({
          config,
          role: flags.role,
          url: gateway.url,
          services,
          key,
          interactive: context.interactive,
          readyMs,
        }),
      );
    }
    await aborted(stop);
    log.info('stopping: requests in flight are finished first, a second signal ends the process at once');
    return EXIT.ok;
  } catch (error) {
    if (stop.aborted) return EXIT.ok;
    log.debug({ err: error }, 'the start failed');
    complain(`Holdfast could not start: ${error instanceof Error ? error.message : String(error)}`);
    return EXIT.failed;
  } finally {
    try {
      await gateway?.stop();
    } finally {
      await services?.stop();
    }
  }
}

function readConfig(flags: StartFlags, { env, complain }: Context): Config | undefined {
  const { config: path, model } = flags;
  const result = loadConfig({
    env,
    ...(path === undefined ? {} : { path }),
    ...(model === undefined ? {} : { model }),
  });
  if (result.warnings.length > 0) complain(`Warnings:\n${formatProblems(result.warnings)}`);
  if (result.ok) return result.config;
  complain(formatProblems(result.problems));
  return undefined;
}

async function keyOf(config: Config, home: string): Promise<Omit<MasterKey, 'path'> & { readonly path?: string }> {
  return config.masterKey === undefined ? loadMasterKey(home) : { key: config.masterKey, created: false };
}

/**
 * Processes that share a database must share the pepper, and a container forgets its home: there it is made of the master key, which all of
 * them have, as long as the operator names none. Beside an embedded database it is kept as that is.
 */
async function pepperOf({ keyPepper, databaseUrl, masterKey }: Config, home: string): Promise<string> {
  if (keyPepper !== undefined) return keyPepper;
  if (databaseUrl === undefined || masterKey === undefined) return loadKeyPepper(home);
  return createHash('sha256').update(`pepper of keys: ${masterKey}`).digest('hex');
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
