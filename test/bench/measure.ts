/** The measurements of one gateway, in a fixed order: warm-up, latency, streams, throughput. */
import type { Ledger, Running } from './contender.ts';
import { generate } from './generate.ts';
import type { Target, TimingReport, Timings } from './load-spec.ts';
import type { Concurrency, Latency, Measurement, Streaming, Throughput } from './measurement.ts';
import { modelName } from './model-name.ts';
import type { Options } from './options.ts';
import { canMeasureProcesses, CpuMeter, memoryMb, totalMs } from './processes.ts';
import { percentile } from './statistics.ts';

/** Short for a model, long enough for durable work to hide behind. */
const PROVIDER_MS = 200;

export const ANSWER_MODEL = modelName({ delayMs: PROVIDER_MS, chunks: 64, gapMs: 0 });
/** The first chunk after 200 ms, then 63 more, 20 ms apart. */
export const STREAM_MODEL = modelName({ delayMs: PROVIDER_MS, chunks: 64, gapMs: 20 });
export const floodModel = (options: Options): string => modelName({ delayMs: options.delayMs, chunks: 64, gapMs: 0 });

const WARM_UP_CONNECTIONS = 20;

/** Enough for every connection to stream while all the others do. */
const CONCURRENT_STREAM_ROUNDS = 3;

type Side = Omit<Target, 'model'>;

export type MeasureInput = {
  readonly running: Running;
  /** The provider without a gateway; absent when it is itself what is measured. */
  readonly direct?: Side;
  readonly upstreamPid: number;
  readonly options: Options;
  readonly say: (line: string) => void;
};

class Failures {
  count = 0;
  first: string | undefined;

  add(report: { readonly failed: number; readonly firstFailure?: string }): void {
    this.count += report.failed;
    this.first ??= report.firstFailure;
  }
}

/** The two sides of a report on turns: direct, then through the gateway. */
const sides = (report: TimingReport): readonly [Timings, Timings] => {
  const [direct, gateway] = report.targets;
  if (direct === undefined || gateway === undefined) throw new Error('the load generator measured one side only');
  return [direct, gateway];
};

const pair = (direct: Side, gateway: Side, model: string): readonly Target[] => [
  { ...direct, model },
  { ...gateway, model },
];

const added = (direct: readonly number[], gateway: readonly number[], share: number): number =>
  percentile(gateway, share) - percentile(direct, share);

const measureLatency = async (input: MeasureInput, direct: Side, failures: Failures): Promise<Latency> => {
  const { running, options } = input;
  const targets = pair(direct, running.target, ANSWER_MODEL);
  const report = await generate({ kind: 'turns', targets, rounds: options.rounds, stream: false });
  const [without, through] = sides(report);
  failures.add(through);
  return {
    addedP50Ms: added(without.totalMs, through.totalMs, 0.5),
    addedP99Ms: added(without.totalMs, through.totalMs, 0.99),
  };
};

const measureStreaming = async (input: MeasureInput, direct: Side, failures: Failures): Promise<Streaming> => {
  const { running, options } = input;
  const targets = pair(direct, running.target, STREAM_MODEL);
  const report = await generate({ kind: 'turns', targets, rounds: options.streamRounds, stream: true });
  const [without, through] = sides(report);
  failures.add(through);
  return {
    addedFirstChunkP50Ms: added(without.firstChunkMs, through.firstChunkMs, 0.5),
    hopP50Ms: percentile(through.hopMs, 0.5),
  };
};

const measureConcurrency = async (input: MeasureInput, failures: Failures): Promise<Concurrency> => {
  const { running, options } = input;
  const report = await generate({
    kind: 'streams',
    target: { ...running.target, model: STREAM_MODEL },
    connections: options.streams,
    rounds: CONCURRENT_STREAM_ROUNDS,
  });
  const [timings] = report.targets;
  if (timings === undefined) throw new Error('the load generator reported no streams');
  failures.add(timings);
  return {
    streams: options.streams,
    addedFirstChunkP50Ms: percentile(timings.firstChunkMs, 0.5) - PROVIDER_MS,
    hopP50Ms: percentile(timings.hopMs, 0.5),
    stalls: timings.stalls,
  };
};

const measureThroughput = async (input: MeasureInput, failures: Failures): Promise<Throughput> => {
  const { running, options } = input;
  const target = { ...running.target, model: floodModel(options) };
  const before = await running.ledger?.();
  const meter = new CpuMeter(running.family);
  const upstreamMeter = new CpuMeter({ pids: [input.upstreamPid] });
  const report = await generate({
    kind: 'flood',
    target,
    connections: options.connections,
    durationMs: options.seconds * 1_000,
  });
  const upstreamCpuMs = totalMs(upstreamMeter.stop());
  // The clock of a durable gateway stops when nothing is left to do, not when the last answer is out.
  await running.settled();
  const settledAtNs = process.hrtime.bigint();
  const cpu = meter.stop();
  failures.add(report);
  const after = await running.ledger?.();
  const startedAtNs = BigInt(report.startedAtNs);
  const answeredAtNs = BigInt(report.endedAtNs);
  const answeringMs = Number(answeredAtNs - startedAtNs) / 1e6;
  const settleMs = after === undefined ? 0 : Number(settledAtNs - answeredAtNs) / 1e6;
  return {
    requestsPerSecond: (report.completed * 1_000) / (answeringMs + settleMs),
    completed: report.completed,
    p50Ms: report.p50Ms,
    p99Ms: report.p99Ms,
    settleMs,
    cpuMsPerRequest: canMeasureProcesses ? totalMs(cpu) / report.completed : Number.NaN,
    cpuByProgram: [...cpu].map(([program, ms]) => ({ program, msPerRequest: ms / report.completed })),
    memoryMb: canMeasureProcesses ? memoryMb(running.family) : Number.NaN,
    ...(before === undefined || after === undefined ? {} : { ledger: difference(after, before) }),
    upstreamLoad: canMeasureProcesses ? upstreamCpuMs / answeringMs : Number.NaN,
    generatorLoad: report.cpuMs / answeringMs,
  };
};

const difference = (after: Ledger, before: Ledger): Ledger => ({
  completed: after.completed - before.completed,
  unacknowledged: after.unacknowledged - before.unacknowledged,
  workflows: after.workflows - before.workflows,
});

export const measure = async (input: MeasureInput): Promise<Measurement> => {
  const { running, direct, options, say } = input;
  const failures = new Failures();
  say('warming up');
  const target = { ...running.target, model: floodModel(options) };
  const connections = Math.min(WARM_UP_CONNECTIONS, options.connections);
  const warmUp = await generate({ kind: 'flood', target, connections, durationMs: options.warmUpMs });
  if (warmUp.completed === 0) throw new Error(`answers nothing: ${warmUp.firstFailure ?? 'no reason given'}`);
  await running.settled();
  const parts: { latency?: Latency; streaming?: Streaming; concurrency?: Concurrency } = {};
  if (direct !== undefined) {
    say(`latency: ${options.rounds} requests and as many direct, in turn`);
    parts.latency = await measureLatency(input, direct, failures);
    say(`streams: ${options.streamRounds} and as many direct, in turn`);
    parts.streaming = await measureStreaming(input, direct, failures);
  }
  if (options.streams > 0) {
    say(`${options.streams} streams at once`);
    parts.concurrency = await measureConcurrency(input, failures);
  }
  await running.settled();
  say(`throughput: ${options.connections} connections for ${options.seconds} s`);
  const throughput = await measureThroughput(input, failures);
  return {
    ...parts,
    throughput,
    failed: failures.count,
    ...(failures.first === undefined ? {} : { firstFailure: failures.first }),
  };
};
