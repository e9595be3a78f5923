/** What is measured of a gateway. Times in milliseconds; NaN where this system cannot tell. */
import type { Ledger } from './contender.ts';

export type Latency = {
  readonly addedP50Ms: number;
  readonly addedP99Ms: number;
};

export type Streaming = {
  readonly addedFirstChunkP50Ms: number;
  readonly hopP50Ms: number;
};

export type Concurrency = {
  readonly streams: number;
  readonly addedFirstChunkP50Ms: number;
  readonly hopP50Ms: number;
  readonly stalls: number;
};

export type Throughput = {
  /** Answered and settled, until the last one was. */
  readonly requestsPerSecond: number;
  readonly completed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** From the last answer until everything was settled. */
  readonly settleMs: number;
  readonly cpuMsPerRequest: number;
  readonly cpuByProgram: readonly { readonly program: string; readonly msPerRequest: number }[];
  readonly memoryMb: number;
  readonly ledger?: Ledger;
  /** Share of one core that the fake provider and the load generator used. */
  readonly upstreamLoad: number;
  readonly generatorLoad: number;
};

export type Measurement = {
  readonly latency?: Latency;
  readonly streaming?: Streaming;
  readonly concurrency?: Concurrency;
  readonly throughput: Throughput;
  /** Requests that failed in any part, and why the first did. */
  readonly failed: number;
  readonly firstFailure?: string;
};
