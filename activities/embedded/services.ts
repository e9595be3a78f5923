/** The servers a gateway stands on: those the configuration names, and embedded ones for the rest. */
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Environment } from '../config/process-env.ts';
import type { Logger } from '../telemetry/logger.ts';
import { openHome } from './home.ts';
import { tryLock, type Lock } from './lock.ts';
import { startPostgres, type Postgres } from './postgres.ts';
import type { SearchAttributes } from './search-attributes.ts';
import { supervise } from './supervise.ts';
import { startTemporal, type TemporalServer } from './temporal.ts';

export type Services = {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  /** Where people look at workflows; absent when the configuration names a Temporal without saying where its UI is. */
  readonly temporalUiUrl?: string;
  /** Stops what was started here, Temporal before the database. Call it last. */
  readonly stop: () => Promise<void>;
};

export type ServicesOptions = {
  readonly home: string;
  readonly config: Pick<Config, 'databaseUrl' | 'holdfast'>;
  readonly searchAttributes: SearchAttributes;
  readonly log: Logger;
  readonly env?: Environment;
};

export async function startServices(options: ServicesOptions): Promise<Services> {
  const { config } = options;
  const { databaseUrl, holdfast } = config;
  const { address, uiUrl } = holdfast.temporal;
  if (databaseUrl !== undefined && address !== undefined) {
    return {
      databaseUrl,
      temporalAddress: address,
      ...(uiUrl === undefined ? {} : { temporalUiUrl: uiUrl }),
      stop: () => Promise.resolve(),
    };
  }
  const home = await openHome(options.home);
  const lock = await lockHome(home);
  const [database, temporal] = await Promise.allSettled([
    databaseUrl === undefined ? superviseDatabase(home, options) : { url: databaseUrl, stop: () => Promise.resolve() },
    address === undefined ? superviseTemporal(home, options) : { address, uiUrl, stop: () => Promise.resolve() },
  ]);
  const stop = async (): Promise<void> => {
    try {
      if (temporal.status === 'fulfilled') await temporal.value.stop();
      if (database.status === 'fulfilled') await database.value.stop();
    } finally {
      await lock.release();
    }
  };
  if (database.status === 'rejected' || temporal.status === 'rejected') {
    // The one that did start must not outlive the error.
    await stop();
    const reasons = [database, temporal].flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []));
    if (reasons.length === 1 && reasons[0] !== undefined) throw reasons[0];
    throw new AggregateError(reasons, reasons.map((reason) => reason.message).join('\n'));
  }
  const shownUi = uiUrl ?? temporal.value.uiUrl;
  return {
    databaseUrl: database.value.url,
    temporalAddress: temporal.value.address,
    ...(shownUi === undefined ? {} : { temporalUiUrl: shownUi }),
    stop,
  };
}

/** Two gateways on one folder would each start, adopt and stop the other's servers. */
async function lockHome(home: string): Promise<Lock> {
  const lock = await tryLock(join(home, 'lock'));
  if ('release' in lock) return lock;
  throw new Error(
    `another Holdfast (process ${lock.heldBy}) uses ${home}: stop it, or give this one its own folder with --home. ` +
      'To run several processes together, give all of them DATABASE_URL and TEMPORAL_ADDRESS.',
  );
}

async function superviseDatabase(
  home: string,
  { log }: ServicesOptions,
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const { first, stop } = await supervise<Postgres>({
    name: 'database',
    log,
    start: (before) => startPostgres({ home, log, ...(before === undefined ? {} : { port: before.port }) }),
  });
  return { url: first.url, stop };
}

async function superviseTemporal(
  home: string,
  { log, env, searchAttributes }: ServicesOptions,
): Promise<{ readonly address: string; readonly uiUrl: string | undefined; readonly stop: () => Promise<void> }> {
  const { first, stop } = await supervise<TemporalServer>({
    name: 'Temporal server',
    log,
    start: (before) =>
      startTemporal({
        home,
        log,
        searchAttributes,
        ...(env === undefined ? {} : { env }),
        ...(before === undefined ? {} : { port: before.port, uiPort: before.uiPort }),
      }),
  });
  return { address: first.address, uiUrl: first.uiUrl, stop };
}
