/** Holdfast itself, twice: as it starts without any service, and with the real Temporal server on Postgres. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../../activities/embedded/postgres.ts';
import { createLogger } from '../../activities/telemetry/logger.ts';
import { answers, freePort, startServer, stopServer, waitUntil } from './child.ts';
import type { Contender, Running, Surroundings } from './contender.ts';
import { gatewayConfig } from './gateway-config.ts';
import { Settlement } from './settlement.ts';
import { startTemporalOnPostgres } from './temporal-on-postgres.ts';

const ENTRY = fileURLToPath(new URL('../../dist/api/main.js', import.meta.url));

/** A first start may have to build Temporal's development server. */
const START_TIMEOUT_MS = 300_000;

type Services = { readonly databaseUrl: string; readonly temporalAddress: string };

type Launch = {
  readonly name: string;
  readonly home: string;
  readonly surroundings: Surroundings;
  /** Absent: the gateway brings its own. */
  readonly services?: Services;
};

/** Where an embedded gateway put its services: small files in its home folder tell. */
const embeddedServices = (home: string): Services => {
  const read = (name: string): string => readFileSync(join(home, name), 'utf8').trim();
  const server: unknown = JSON.parse(read('temporal/server.json'));
  if (typeof server !== 'object' || server === null || !('port' in server) || typeof server.port !== 'number') {
    throw new Error('the embedded Temporal server did not leave its port');
  }
  return {
    databaseUrl: `postgres://holdfast:${read('postgres-password')}@127.0.0.1:${read('postgres-port')}/postgres`,
    temporalAddress: `127.0.0.1:${server.port}`,
  };
};

const launch = async ({ name, home, surroundings, services }: Launch): Promise<Running> => {
  const masterKey = `sk-${randomBytes(24).toString('base64url')}`;
  const configFile = join(home, 'config.yaml');
  writeFileSync(configFile, gatewayConfig(surroundings));
  const port = await freePort();
  const profiling = surroundings.profile ? ['--cpu-prof', `--cpu-prof-dir=${join(home, 'profiles')}`] : [];
  const child = startServer({
    command: process.execPath,
    args: [...profiling, ENTRY, '--config', configFile, '--port', `${port}`, '--home', home],
    env: {
      NODE_ENV: 'production',
      LITELLM_MASTER_KEY: masterKey,
      ...(services === undefined
        ? {}
        : { DATABASE_URL: services.databaseUrl, TEMPORAL_ADDRESS: services.temporalAddress }),
    },
    logFile: join(home, 'gateway.log'),
  });
  const headers = { authorization: `Bearer ${masterKey}` };
  let settlement: Settlement;
  try {
    await waitUntil({
      what: `${name} answers`,
      check: () => answers(`http://127.0.0.1:${port}/v1/models`, headers),
      timeoutMs: START_TIMEOUT_MS,
      child,
    });
    const { databaseUrl, temporalAddress } = services ?? embeddedServices(home);
    settlement = await Settlement.open(databaseUrl, temporalAddress);
  } catch (error) {
    await stopServer(child);
    throw error;
  }
  return {
    target: { name, port, headers },
    family: { pids: child.pid === undefined ? [] : [child.pid], folder: home },
    settled: () => settlement.settled(),
    ledger: () => settlement.ledger(),
    stop: async () => {
      await settlement.close();
      await stopServer(child);
    },
  };
};

const makeHome = (surroundings: Surroundings, name: string): string => {
  const home = join(surroundings.workDir, name);
  mkdirSync(home, { recursive: true });
  return home;
};

export const holdfast: Contender = {
  id: 'holdfast',
  name: 'Holdfast, embedded services',
  start: (surroundings) => launch({ name: holdfast.name, home: makeHome(surroundings, 'embedded'), surroundings }),
};

export const holdfastOnPostgres: Contender = {
  id: 'holdfast-postgres',
  name: 'Holdfast, Temporal on Postgres',
  async start(surroundings) {
    const home = makeHome(surroundings, 'on-postgres');
    const log = createLogger({ level: 'warn', pretty: false });
    const postgres = await startPostgres({ home: join(home, 'services'), log });
    const stops = [() => postgres.stop()];
    const stop = async (): Promise<void> => {
      for (const each of stops.toReversed()) await each();
    };
    try {
      const temporal = await startTemporalOnPostgres({
        ...surroundings,
        workDir: home,
        postgresUrl: postgres.url,
        databases: { store: 'temporal', visibility: 'temporal_visibility' },
      });
      stops.push(() => temporal.stop());
      const services = { databaseUrl: postgres.url, temporalAddress: temporal.address };
      const running = await launch({ name: holdfastOnPostgres.name, home, surroundings, services });
      stops.push(() => running.stop());
      return { ...running, stop };
    } catch (error) {
      await stop();
      throw error;
    }
  },
};
