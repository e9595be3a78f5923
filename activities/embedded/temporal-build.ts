/** Builds the Temporal CLI from its Go module, where downloads are blocked and a Go toolchain is there. */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findOnPath } from './executable.ts';
import type { Obtained, ObtainOptions } from './temporal-download.ts';

const run = promisify(execFile);

/** What the CLI's module asks for. */
const GO_MINOR_AT_LEAST = 25;

/** A line every so often, milliseconds: the build takes minutes, and silence looks like a hang. */
const PROGRESS_EVERY_MS = 10_000;

export async function buildTemporalCli({
  env,
  log,
  folder,
  version,
  target,
  signal,
}: ObtainOptions): Promise<Obtained> {
  const go = await findOnPath('go', env);
  if (go === undefined) return { ok: false, reason: 'Go is not on PATH' };
  const found = await run(go, ['version'], { env, timeout: 20_000 }).then(
    ({ stdout }) => /go1\.(\d+)/.exec(stdout),
    () => null,
  );
  if (found === null) return { ok: false, reason: `${go} does not run` };
  if (Number(found[1]) < GO_MINOR_AT_LEAST) return { ok: false, reason: `${go} is ${found[0]}` };

  const draft = await mkdtemp(join(folder, 'build-'));
  const began = performance.now();
  const seconds = (): number => Math.round((performance.now() - began) / 1000);
  log.info({ version, go: found[0] }, 'building the Temporal CLI from source: once, about two minutes');
  const child = spawn(
    go,
    ['install', '-v', '-trimpath', '-ldflags=-s -w', `github.com/temporalio/cli/cmd/temporal@v${version}`],
    {
      // Its own GOBIN, so that nothing of the user's is replaced; no C compiler needed; flags meant for the user's projects do not apply.
      env: { ...env, GOBIN: draft, CGO_ENABLED: '0', GOFLAGS: '' },
      stdio: ['ignore', 'ignore', 'pipe'],
      ...(signal === undefined ? {} : { signal }),
    },
  );
  let lines = 0;
  let tail: string[] = [];
  child.stderr.on('data', (text: Buffer) => {
    const said = text
      .toString()
      .split('\n')
      .filter((line) => line !== '');
    // "go: downloading …" is not yet building.
    lines += said.filter((line) => !line.startsWith('go: ')).length;
    tail = [...tail, ...said].slice(-5);
  });
  const progress = setInterval(
    () => log.info({ seconds: seconds(), packages: `${lines} of about 1300` }, 'building the Temporal CLI'),
    PROGRESS_EVERY_MS,
  );
  try {
    const code = await new Promise<number | null>((resolve) => {
      child.once('exit', resolve);
      child.once('error', () => resolve(null));
    });
    if (code !== 0) return { ok: false, reason: `go install failed: ${tail.join(' | ').slice(0, 400)}` };
    await rename(join(draft, 'temporal'), target);
    log.info({ seconds: seconds(), file: target }, 'built the Temporal CLI');
    return { ok: true };
  } finally {
    clearInterval(progress);
    await rm(draft, { recursive: true, force: true });
  }
}
