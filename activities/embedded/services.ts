/** The servers a gateway stands on: those the configuration names, and embedded ones for the rest. */
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Variables } from '../config/references.ts';
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
  /** The same without waiting for it: for a process that must go at once. */
  readonly end: () => void;
};

export type ServicesOptions = {
  readonly home: string;
  readonly config: Pick<Config, 'databaseUrl' | 'holdfast'>;
  readonly searchAttributes: SearchAttributes;
  readonly log: Logger;
  readonly env?: Variables;
  /** Gives up what takes long: obtaining Temporal. */
  readonly signal?: AbortSignal;
};

/** What the configuration names is not ours to stop. */
const THEIRS = { stop: () => Promise.resolve(), end: () => undefined };

export async function startServices(options: ServicesOptions): Promise<Services> {
  const { databaseUrl, holdfast } = options.config;
  const { address, uiUrl } = holdfast.temporal;
  if (databaseUrl !== undefined && address !== undefined) return toServices(databaseUrl, address, uiUrl, THEIRS);
  const home = await openHome(options.home);
  const lock = await lockHome(home);
  const [database, temporal] = await Promise.allSettled([
    databaseUrl === undefined ? superviseDatabase(home, options) : { url: databaseUrl, ...THEIRS },
    address === undefined ? superviseTemporal(home, options) : { address, uiUrl, ...THEIRS },
  ]);
  // The gateway has drained by now; Temporal needs the second it takes to close its workers in peace, the database none.
  const started = [temporal, database].flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const stop = async (): Promise<void> => {
    try {
      for (const each of started) await each.stop();
    } finally {
      await lock.release();
    }
  };
  if (database.status === 'rejected' || temporal.status === 'rejected') {
    // The one that did start must not outlive the error.
    await stop();
    const reasons = [database, temporal].flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []));
    throw reasons.length === 1 && reasons[0] !== undefined
      ? reasons[0]
      : new AggregateError(reasons, reasons.map((reason) => reason.message).join('\n'));
  }
  const end = (): void => started.forEach((each) => each.end());
  return toServices(database.value.url, temporal.value.address, uiUrl ?? temporal.value.uiUrl, { stop, end });
}

function toServices(
  databaseUrl: string,
  temporalAddress: string,
  uiUrl: string | undefined,
  { stop, end }: Pick<Services, 'stop' | 'end'>,
): Services {
  return { databaseUrl, temporalAddress, ...(uiUrl === undefined ? {} : { temporalUiUrl: uiUrl }), stop, end };
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

type Stoppable = Pick<Services, 'stop' | 'end'>;

async function superviseDatabase(
  home: string,
  { log }: ServicesOptions,
): Promise<Stoppable & { readonly url: string }> {
  const { first, stop, end } = await supervise<Postgres>({
    name: 'database',
    log,
    start: (before) => startPostgres({ home, log, ...(before === undefined ? {} : { port: before.port }) }),
  });
  return { url: first.url, stop, end };
}

async function superviseTemporal(
  home: string,
  { log, env, signal, searchAttributes }: ServicesOptions,
): Promise<Stoppable & { readonly address: string; readonly uiUrl: string }> {
  const given = {
    home,
    log,
    searchAttributes,
    ...(env === undefined ? {} : { env }),
    ...(signal === undefined ? {} : { signal }),
  };
  const { first, stop, end } = await supervise<TemporalServer>({
    name: 'Temporal server',
    log,
    start: (before) =>
      startTemporal({ ...given, ...(before === undefined ? {} : { port: before.port, uiPort: before.uiPort }) }),
  });
  return { address: first.address, uiUrl: first.uiUrl, stop, end };
}
