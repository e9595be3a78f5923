/** Measures each gateway in turn against one fake provider, and prints the table. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { endAllOnExit } from './child.ts';
import type { Contender, Surroundings } from './contender.ts';
import { startUpstream, type Upstream } from './direct.ts';
import { generate } from './generate.ts';
import { holdfast, holdfastOnPostgres } from './holdfast.ts';
import { litellm } from './litellm.ts';
import { ANSWER_MODEL, floodModel, measure, STREAM_MODEL } from './measure.ts';
import { modelName } from './model-name.ts';
import { parseOptions, type Options } from './options.ts';
import { portkey } from './portkey.ts';
import { formatTable, type Row } from './table.ts';

const CONTENDERS: readonly Contender[] = [litellm, portkey, holdfast, holdfastOnPostgres];

/** Below this the fake provider and the load generator would themselves be what is measured. */
const ENOUGH_PER_SECOND = 20_000;
const CHECK_MS = 2_000;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const checkUpstream = async (upstream: Upstream): Promise<number> => {
  const target = { ...upstream.running.target, model: modelName({ delayMs: 0, chunks: 64, gapMs: 0 }) };
  const report = await generate({ kind: 'flood', target, connections: 100, durationMs: CHECK_MS });
  return (report.completed * 1_000) / CHECK_MS;
};

const measureContender = async (
  contender: Contender,
  context: { readonly surroundings: Surroundings; readonly upstream: Upstream; readonly options: Options },
): Promise<Row> => {
  const { surroundings, upstream, options } = context;
  const { id, name } = contender;
  const sayOf = (line: string): void => say(`${name}: ${line}`);
  try {
    sayOf('starting');
    const running = await contender.start({ ...surroundings, say: sayOf });
    try {
      const measured = await measure({
        running,
        direct: upstream.running.target,
        upstreamPid: upstream.pid,
        options,
        say: sayOf,
      });
      return { id, name, measured };
    } finally {
      sayOf('stopping');
      await running.stop();
    }
  } catch (error) {
    sayOf(messageOf(error));
    return { id, name, skipped: messageOf(error) };
  }
};

const bench = async (options: Options): Promise<void> => {
  const cacheDir = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'holdfast', 'bench');
  const parent = options.keep === undefined ? tmpdir() : resolve(options.keep);
  mkdirSync(parent, { recursive: true });
  const workDir = mkdtempSync(join(parent, 'holdfast-bench-'));
  // As root, Postgres runs as another user and must be able to walk here.
  chmodSync(workDir, 0o755);
  endAllOnExit(workDir);
  const upstream = await startUpstream();
  try {
    const perSecond = await checkUpstream(upstream);
    say(`the fake provider answers ${Math.round(perSecond).toLocaleString('en-US')} requests/s`);
    if (perSecond < ENOUGH_PER_SECOND)
      say('that is little: is the machine busy? The throughput figures may be too low');
    const rows: Row[] = [];
    if (options.only.length === 0 || options.only.includes('direct')) {
      const running = upstream.running;
      rows.push({
        id: 'direct',
        name: 'direct',
        measured: await measure({ running, upstreamPid: upstream.pid, options, say: (line) => say(`direct: ${line}`) }),
      });
    }
    const surroundings: Surroundings = {
      cacheDir,
      workDir,
      upstreamPort: upstream.port,
      models: [...new Set([ANSWER_MODEL, STREAM_MODEL, floodModel(options)])],
      say,
      profile: options.profile,
    };
    for (const contender of CONTENDERS) {
      if (options.only.length > 0 && !options.only.includes(contender.id)) continue;
      rows.push(await measureContender(contender, { surroundings, upstream, options }));
    }
    console.log(options.json ? JSON.stringify({ options, rows }, null, 2) : formatTable(rows, options));
    if (options.only.length > 0 && rows.some((row) => 'skipped' in row)) process.exitCode = 1;
  } finally {
    await upstream.running.stop();
    if (options.keep === undefined) rmSync(workDir, { recursive: true, force: true });
    else say(`logs and data are in ${workDir}`);
  }
};

// Children are ended on exit; a signal must therefore lead to an exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

await bench(parseOptions(process.argv.slice(2), ['direct', ...CONTENDERS.map(({ id }) => id)]));
