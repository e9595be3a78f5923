/** Downloads the Temporal CLI with the SDK's own downloader. Gives up within seconds where the network does not let it. */
import { spawn } from 'node:child_process';
import { access, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../telemetry/logger.ts';
import type { Variables } from '../config/references.ts';

export type Obtained = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export type ObtainOptions = {
  readonly env: Variables;
  readonly log: Logger;
  readonly signal?: AbortSignal;
  readonly folder: string;
  readonly version: string;
  /** Appears whole or not at all. */
  readonly target: string;
};

/** From the first request to the first byte of the file, milliseconds: a firewall that drops packets would hold each start for minutes. */
const FIRST_BYTE_WITHIN_MS = 5_000;
/** A download that stops growing for this long has failed, milliseconds. */
const STALLED_AFTER_MS = 20_000;

/**
 * Runs in a process of its own: the SDK's native runtime can be set up once per process, and that is the worker's to do. It downloads
 * and starts a server in one call; the server is not wanted, so its end is the program's end.
 */
const PROGRAM = `
const { Runtime } = require(process.argv[1]);
const runtime = Runtime.install({ shutdownSignals: [], telemetryOptions: { logging: { filter: 'ERROR' } } });
const [folder, version] = process.argv.slice(2);
process.stdout.write('ready\\n');
runtime
  .createEphemeralServer({
    type: 'dev-server',
    exe: { type: 'cached-download', downloadDir: folder, version, ttl: 0, sdkName: 'sdk-typescript', sdkVersion: '' },
    namespace: 'default', ip: '127.0.0.1', port: null, uiPort: null, dbFilename: null, ui: false,
    log: { format: 'pretty', level: 'error' }, extraArgs: [],
  })
  .then((server) => runtime.shutdownEphemeralServer(server))
  .then(() => process.exit(0), (error) => { process.stderr.write(String(error?.message ?? error)); process.exit(1); });
`;

export async function downloadTemporalCli({
  env,
  log,
  folder,
  version,
  target,
  signal,
}: ObtainOptions): Promise<Obtained> {
  const draft = await mkdtemp(join(folder, 'download-'));
  const sdk = fileURLToPath(import.meta.resolve('@temporalio/worker'));
  const child = spawn(process.execPath, ['-e', PROGRAM, sdk, draft, `v${version}`], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let ready = false;
  child.stdout.once('data', () => (ready = true));
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let exited = false;
  void ended.then(() => (exited = true));
  try {
    let reason: string | undefined;
    let bytes = 0;
    let lastGrowth: number | undefined;
    let announced = 0;
    while (!exited && reason === undefined && signal?.aborted !== true) {
      await sleep(100);
      const now = performance.now();
      if (lastGrowth === undefined && ready) lastGrowth = now;
      const size = await sizeOf(draft);
      if (size > bytes) {
        bytes = size;
        lastGrowth = now;
        if (bytes - announced > 20_000_000) {
          announced = bytes;
          log.info({ megabytes: Math.round(bytes / 1e6) }, 'downloading the Temporal CLI');
        }
      }
      const patienceMs = bytes === 0 ? FIRST_BYTE_WITHIN_MS : STALLED_AFTER_MS;
      if (lastGrowth !== undefined && now - lastGrowth > patienceMs) reason = `no answer within ${patienceMs / 1000} s`;
    }
    child.kill('SIGKILL');
    await ended;
    const file = (await readdir(draft)).find((name) => !name.endsWith('.downloading'));
    // The program may have failed after the download, when the server it starts was too slow for it: the file counts.
    if (file === undefined) return { ok: false, reason: reason ?? firstLine(said) };
    await access(join(draft, file));
    await rename(join(draft, file), target);
    return { ok: true };
  } finally {
    child.kill('SIGKILL');
    await rm(draft, { recursive: true, force: true });
  }
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        (file) => file.size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0]?.slice(0, 200) || 'the download failed';
}
