/** The load generator, in a process of its own: does what its one argument says and prints a report. */
import { Connection, requestBytes } from './connection.ts';
import type { FloodReport, LoadReport, LoadSpec, Target, TimingReport, Timings } from './load-spec.ts';
import { percentile } from './statistics.ts';

/** A gap a reader notices. */
const STALL_MS = 100;
/** After a failure, so that a gateway that refuses everything is not asked as fast as the machine can. */
const PAUSE_AFTER_FAILURE_MS = 20;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Sends one request and throws unless the answer is whole. */
const ask = async (connection: Connection, bytes: Buffer): Promise<number> => {
  let body = '';
  const keep = (part: Buffer): void => void (body.length < 300 && (body += part.toString()));
  const { status, bodyBytes, totalMs } = await connection.exchange(bytes, keep);
  if (status !== 200 || bodyBytes < 100) throw new Error(`status ${status}: ${body.slice(0, 300)}`);
  return totalMs;
};

const flood = async (spec: LoadSpec & { kind: 'flood' }): Promise<FloodReport> => {
  const bytes = requestBytes(spec.target, false);
  const latenciesMs: number[] = [];
  let failed = 0;
  let firstFailure: string | undefined;
  const cpuAtStart = process.cpuUsage();
  const startedAtNs = process.hrtime.bigint();
  const endsAtMs = performance.now() + spec.durationMs;
  const run = async (): Promise<void> => {
    const connection = new Connection(spec.target.port);
    while (performance.now() < endsAtMs) {
      try {
        latenciesMs.push(await ask(connection, bytes));
      } catch (error) {
        failed += 1;
        firstFailure ??= messageOf(error);
        await pause(PAUSE_AFTER_FAILURE_MS);
      }
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: spec.connections }, run));
  const endedAtNs = process.hrtime.bigint();
  const cpu = process.cpuUsage(cpuAtStart);
  return {
    kind: 'flood',
    completed: latenciesMs.length,
    failed,
    ...(firstFailure === undefined ? {} : { firstFailure }),
    startedAtNs: String(startedAtNs),
    endedAtNs: String(endedAtNs),
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    cpuMs: (cpu.user + cpu.system) / 1_000,
  };
};

/** Collects one target's times. */
class Stopwatch {
  readonly target: Target;
  private readonly bytes: Buffer;
  private readonly stream: boolean;
  private readonly totalMs: number[] = [];
  private readonly firstChunkMs: number[] = [];
  private readonly hopMs: number[] = [];
  private stalls = 0;
  private failed = 0;
  private firstFailure: string | undefined;

  constructor(target: Target, stream: boolean) {
    this.target = target;
    this.stream = stream;
    this.bytes = requestBytes(target, stream);
  }

  async once(connection: Connection): Promise<void> {
    try {
      await (this.stream ? this.readStream(connection) : this.readAnswer(connection));
    } catch (error) {
      this.failed += 1;
      this.firstFailure ??= messageOf(error);
      await pause(PAUSE_AFTER_FAILURE_MS);
    }
  }

  timings(): Timings {
    const { totalMs, firstChunkMs, hopMs, stalls, failed, firstFailure } = this;
    const name = this.target.name;
    return {
      name,
      totalMs,
      firstChunkMs,
      hopMs,
      stalls,
      failed,
      ...(firstFailure === undefined ? {} : { firstFailure }),
    };
  }

  private async readAnswer(connection: Connection): Promise<void> {
    this.totalMs.push(await ask(connection, this.bytes));
  }

  private async readStream(connection: Connection): Promise<void> {
    const startedAtMs = performance.now();
    let line = '';
    let body = '';
    let ended = false;
    let firstMs = Number.NaN;
    let lastMs = startedAtMs;
    let stalls = 0;
    const hops: number[] = [];
    const onBody = (part: Buffer): void => {
      const nowNs = process.hrtime.bigint();
      const nowMs = performance.now();
      const text = line + part.toString('latin1');
      // A stamp may be cut by the packet's end: the unfinished line waits for the next one.
      const cut = text.lastIndexOf('\n') + 1;
      line = text.slice(cut);
      const whole = text.slice(0, cut);
      if (body.length < 300) body += whole;
      if (whole.includes('data: [DONE]')) ended = true;
      for (const stamp of whole.matchAll(/@(\d+) /g)) {
        if (hops.length === 0) firstMs = nowMs - startedAtMs;
        else if (nowMs - lastMs > STALL_MS) stalls += 1;
        lastMs = nowMs;
        hops.push(Number(nowNs - BigInt(stamp[1] ?? 0)) / 1e6);
      }
    };
    const { status, totalMs } = await connection.exchange(this.bytes, onBody);
    if (status !== 200 || !ended || hops.length === 0) {
      throw new Error(
        `stream of status ${status}, ${hops.length} chunks, ended ${ended}: ${(body || line).slice(0, 300)}`,
      );
    }
    this.totalMs.push(totalMs);
    this.firstChunkMs.push(firstMs);
    this.hopMs.push(...hops);
    this.stalls += stalls;
  }
}

const turns = async (spec: LoadSpec & { kind: 'turns' }): Promise<TimingReport> => {
  const lanes = spec.targets.map((target) => ({
    watch: new Stopwatch(target, spec.stream),
    connection: new Connection(target.port),
  }));
  for (let round = 0; round < spec.rounds; round += 1) {
    for (const { watch, connection } of lanes) await watch.once(connection);
  }
  for (const { connection } of lanes) connection.close();
  return { kind: 'timings', targets: lanes.map(({ watch }) => watch.timings()) };
};

const streams = async (spec: LoadSpec & { kind: 'streams' }): Promise<TimingReport> => {
  const watch = new Stopwatch(spec.target, true);
  const run = async (): Promise<void> => {
    const connection = new Connection(spec.target.port);
    for (let round = 0; round < spec.rounds; round += 1) await watch.once(connection);
    connection.close();
  };
  await Promise.all(Array.from({ length: spec.connections }, run));
  return { kind: 'timings', targets: [watch.timings()] };
};

const perform = (spec: LoadSpec): Promise<LoadReport> => {
  switch (spec.kind) {
    case 'flood':
      return flood(spec);
    case 'turns':
      return turns(spec);
    case 'streams':
      return streams(spec);
    default:
      return spec satisfies never;
  }
};

// The bench wrote the argument itself, from the same type.
const spec = JSON.parse(process.argv[2] ?? 'null') as LoadSpec;
console.log(JSON.stringify(await perform(spec)));
