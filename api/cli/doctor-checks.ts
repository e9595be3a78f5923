/** The doctor's single checks of this machine and of the servers the gateway stands on. Each one resolves; none throws. */
import { access, constants, readFile, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Connection } from '@temporalio/client';
import type { Config } from '../../activities/config/config.ts';
import type { Variables } from '../../activities/config/references.ts';
import { probePort } from '../../activities/embedded/port.ts';
import { findPostgres } from '../../activities/embedded/postgres-binaries.ts';
import { locateTemporalCli } from '../../activities/embedded/temporal-cli.ts';
import { OLDEST_POSTGRES, serverVersion } from '../../activities/store/server-version.ts';
import type { Finding } from './doctor.ts';

/** For each server asked, milliseconds. */
const ANSWER_WITHIN_MS = 5_000;
/** Below this the database may fill the disk within hours of traffic, bytes. */
const LITTLE_DISK_BYTES = 1_000_000_000;

const words = (error: unknown): string => {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(words).join('; ');
  return error instanceof Error ? error.message : String(error);
};

export async function checkHome(home: string): Promise<Finding> {
  const check = 'home';
  const folder = resolve(home);
  let existing = folder;
  for (;;) {
    const there = await stat(existing).then(
      (entry) => entry.isDirectory(),
      () => undefined,
    );
    if (there === false)
      return { check, status: 'fail', detail: `${existing} is not a folder`, fix: 'choose another folder with --home' };
    if (there === true || existing === dirname(existing)) break;
    existing = dirname(existing);
  }
  try {
    await access(existing, constants.W_OK | constants.X_OK);
  } catch {
    return {
      check,
      status: 'fail',
      detail: `${existing} is not writable`,
      fix: 'choose a writable folder with --home or HOLDFAST_HOME',
    };
  }
  const { bavail, bsize } = await statfs(existing);
  const free = bavail * bsize;
  const detail = `${folder}: writable, ${(free / 1e9).toFixed(1)} GB free`;
  if (free < LITTLE_DISK_BYTES)
    return { check, status: 'warn', detail, fix: 'make room: the database and the workflow histories grow there' };
  return { check, status: 'ok', detail };
}

export async function checkPort(port: number, host: string): Promise<Finding> {
  const check = 'port';
  if (port === 0) return { check, status: 'ok', detail: 'any free port will do' };
  if ((await probePort(port, host)) !== undefined) return { check, status: 'ok', detail: `${port} on ${host} is free` };
  const address = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const runs = await fetch(`http://${address}:${port}/health/liveliness`, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.ok,
    () => false,
  );
  if (runs) return { check, status: 'ok', detail: `${port} on ${host}: a gateway answers there` };
  return {
    check,
    status: 'fail',
    detail: `${port} on ${host} cannot be listened on`,
    fix: 'stop what uses it, or choose another one with --port',
  };
}

export async function checkKey(config: Config, home: string): Promise<Finding> {
  const check = 'master key';
  if (config.masterKey !== undefined) return { check, status: 'ok', detail: 'configured' };
  const path = join(resolve(home), 'master-key');
  const made = await readFile(path, 'utf8').catch(() => undefined);
  if (made === undefined)
    return { check, status: 'ok', detail: `none configured: the first start makes one in ${path}` };
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0)
    return { check, status: 'warn', detail: `${path} can be read by other users`, fix: `chmod 600 ${path}` };
  return { check, status: 'ok', detail: `made by an earlier start, in ${path}` };
}

export async function checkDatabase(config: Config, home: string): Promise<Finding> {
  const check = 'database';
  try {
    if (config.databaseUrl === undefined) {
      await findPostgres();
      return { check, status: 'ok', detail: `embedded PostgreSQL, data in ${join(resolve(home), 'postgres')}` };
    }
    const { version, major, writable } = await serverVersion(config.databaseUrl, ANSWER_WITHIN_MS);
    const detail = `PostgreSQL ${version} answers`;
    if (major < OLDEST_POSTGRES)
      return { check, status: 'fail', detail, fix: `use PostgreSQL ${OLDEST_POSTGRES} or newer` };
    if (!writable)
      return {
        check,
        status: 'fail',
        detail: `${detail}, but it is a read-only standby`,
        fix: 'point DATABASE_URL to the primary',
      };
    return { check, status: 'ok', detail };
  } catch (error) {
    const fix =
      config.databaseUrl === undefined
        ? 'set DATABASE_URL to a PostgreSQL server'
        : 'check DATABASE_URL: host, port, user, password, database, TLS';
    return { check, status: 'fail', detail: words(error), fix };
  }
}

export async function checkTemporal(config: Config, env: Variables, home: string): Promise<Finding> {
  const { address } = config.holdfast.temporal;
  return address === undefined ? checkEmbeddedTemporal(env, home) : checkNamedTemporal(config, address);
}

async function checkEmbeddedTemporal(env: Variables, home: string): Promise<Finding> {
  const check = 'temporal';
  try {
    const cli = await locateTemporalCli(env, resolve(home));
    if (cli !== undefined) return { check, status: 'ok', detail: `embedded, with ${cli}` };
    const fix =
      'nothing to do if this machine reaches temporal.download or has Go 1.25; else install the Temporal CLI or set TEMPORAL_ADDRESS';
    return {
      check,
      status: 'warn',
      detail: 'embedded; the Temporal CLI is not here yet, the first start obtains it',
      fix,
    };
  } catch (error) {
    return { check, status: 'fail', detail: words(error), fix: 'correct or unset TEMPORAL_CLI_PATH' };
  }
}

async function checkNamedTemporal(config: Config, address: string): Promise<Finding> {
  const check = 'temporal';
  const { namespace, tls, apiKey } = config.holdfast.temporal;
  let connection: Connection;
  try {
    connection = await Connection.connect({
      address,
      connectTimeout: ANSWER_WITHIN_MS,
      ...(tls ? { tls: true } : {}),
      ...(apiKey === undefined ? {} : { apiKey }),
    });
  } catch (error) {
    return {
      check,
      status: 'fail',
      detail: `${address} does not answer: ${words(error)}`,
      fix: 'check TEMPORAL_ADDRESS, TLS and the API key',
    };
  }
  try {
    const { serverVersion: version } = await connection.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
      connection.workflowService.getSystemInfo({}),
    );
    const server = `Temporal ${version ?? 'of unknown version'} at ${address}`;
    try {
      await connection.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
        connection.workflowService.describeNamespace({ namespace }),
      );
    } catch (error) {
      const fix = `create it (temporal operator namespace create ${namespace}), or name another one with TEMPORAL_NAMESPACE`;
      return { check, status: 'fail', detail: `${server}: namespace ${namespace}: ${words(error)}`, fix };
    }
    if (isOlder(version ?? '', 1, 32)) {
      // The flag itself cannot be asked for; without it everything works, a few milliseconds later.
      const fix =
        'set system.enableActivityEagerExecution to true in its dynamic configuration, if it is not: it is off by default below 1.32';
      return { check, status: 'warn', detail: `${server}, namespace ${namespace}`, fix };
    }
    return { check, status: 'ok', detail: `${server}, namespace ${namespace}` };
  } catch (error) {
    return {
      check,
      status: 'fail',
      detail: `${address}: ${words(error)}`,
      fix: 'check that it is a Temporal frontend and that the API key is valid',
    };
  } finally {
    await connection.close();
  }
}

function isOlder(version: string, major: number, minor: number): boolean {
  const [, foundMajor, foundMinor] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  if (foundMajor === undefined || foundMinor === undefined) return false;
  return Number(foundMajor) < major || (Number(foundMajor) === major && Number(foundMinor) < minor);
}
