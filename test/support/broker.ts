/**
 * One per test run, in jest's parent process: starts Postgres, Temporal and the build when a test file first asks for them.
 * Files that need none of them cost nothing, and files that do share them.
 */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withDatabase } from './database-url.ts';
import { endProcessesOf, isAlive } from './processes.ts';

/** What the broker tells about itself and its servers; the paths are its URLs. */
export type Facts = {
  readonly '/home': { readonly home: string };
  readonly '/postgres': { readonly url: string; readonly template: string };
  readonly '/temporal': { readonly address: string; readonly namespace: string };
  readonly '/build': { readonly main: string };
};

export type Broker = { readonly url: string; stop(): Promise<void> };

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PREFIX = 'holdfast-suite-';
/** How long the evidence of a failed run stays before a later run removes it: a database each, milliseconds. */
const KEPT_MS = 24 * 3_600_000;
const TEMPLATE = 'holdfast_template';

/** The build of `npm start`: nothing to do when dist/ is made of exactly these sources. */
const BUILD = "import { ensureBuild } from './bin/setup.js'; await ensureBuild();";

type Stop = () => Promise<unknown>;

/** Runs that were killed left directories and servers behind; their process id is in the name. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(name.match(/^holdfast-suite-(\d+)-/)?.[1]);
    const directory = join(tmpdir(), name);
    if (!Number.isInteger(pid) || isAlive(pid)) continue;
    endProcessesOf(directory);
    const wanted = existsSync(join(directory, 'failed')) && Date.now() - statSync(directory).mtimeMs < KEPT_MS;
    if (!wanted) rmSync(directory, { recursive: true, force: true });
  }
}

export async function startBroker(): Promise<Broker> {
  sweep();
  const home = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  // Postgres refuses to run as root: the user that runs it instead must be able to reach its directory.
  chmodSync(home, 0o755);
  mkdirSync(join(home, 'gateways'));
  const stops: Stop[] = [];
  const starters: { readonly [P in keyof Facts]: () => Promise<Facts[P]> } = {
    '/home': () => Promise.resolve({ home }),
    '/postgres': () => startPostgres(home, stops),
    '/temporal': () => startTemporal(home, stops),
    '/build': build,
  };
  const started = new Map<string, Promise<unknown>>();
  const server = createServer((request, response) => {
    const path = (request.url ?? '/') as keyof Facts;
    const starter = starters[path];
    let fact = started.get(path);
    if (fact === undefined && starter !== undefined) {
      fact = starter();
      started.set(path, fact);
    }
    (fact ?? Promise.reject(new Error(`no such server: ${path}`))).then(
      (value) => response.end(JSON.stringify(value)),
      (error: unknown) => {
        response.statusCode = 500;
        response.end(error instanceof Error ? (error.stack ?? error.message) : String(error));
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await Promise.allSettled(started.values());
    for (const each of stops.toReversed()) await each();
    endProcessesOf(home);
    if (existsSync(join(home, 'failed'))) console.error(`Kept for inspection: ${home}`);
    else rmSync(home, { recursive: true, force: true });
  };
  // Jest runs no global tear-down when it is interrupted, and the servers would stay.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stop().finally(() => process.exit(130)));
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

async function startPostgres(home: string, stops: Stop[]): Promise<Facts['/postgres']> {
  const [{ startPostgres: start }, { migrate }, pg, { suiteLog }] = await Promise.all([
    import('../../activities/embedded/postgres.ts'),
    import('../../activities/store/migrate.ts'),
    import('pg'),
    import('./suite-log.ts'),
  ]);
  const postgres = await start({ home, log: suiteLog(home) });
  stops.push(() => postgres.stop());
  const admin = new pg.default.Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query(`create database ${TEMPLATE}`);
  await admin.end();
  await migrate(withDatabase(postgres.url, TEMPLATE));
  return { url: postgres.url, template: TEMPLATE };
}

async function startTemporal(home: string, stops: Stop[]): Promise<Facts['/temporal']> {
  const [{ startTemporal: start }, { SEARCH_ATTRIBUTES }, { suiteLog }] = await Promise.all([
    import('../../activities/embedded/temporal.ts'),
    import('../../workflows/search-attributes.ts'),
    import('./suite-log.ts'),
  ]);
  const temporal = await start({ home, log: suiteLog(home), searchAttributes: SEARCH_ATTRIBUTES });
  stops.push(() => temporal.stop());
  return { address: temporal.address, namespace: 'default' };
}

/** The product as it is shipped: tests that spawn it run what a user runs. */
function build(): Promise<Facts['/build']> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', BUILD], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => output.push(part));
    child.stderr.on('data', (part: Buffer) => output.push(part));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve({ main: join(ROOT, 'dist', 'api', 'main.js') });
      else reject(new Error(`the build ended with ${code}\n${Buffer.concat(output).toString('utf8')}`));
    });
  });
}
