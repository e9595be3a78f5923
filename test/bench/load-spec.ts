/** What the load generator is told and what it reports: plain JSON between two processes. */

/** Where to send chat requests, and as whom. */
export type Target = {
  readonly name: string;
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly model: string;
};

export type LoadSpec =
  /** As many requests as fit: each connection sends the next when the last was answered. */
  | { readonly kind: 'flood'; readonly target: Target; readonly connections: number; readonly durationMs: number }
  /** One request at a time, the targets in turn, so that the machine's moods strike all alike. */
  | { readonly kind: 'turns'; readonly targets: readonly Target[]; readonly rounds: number; readonly stream: boolean }
  /** Streams at once, each connection one after the other. */
  | { readonly kind: 'streams'; readonly target: Target; readonly connections: number; readonly rounds: number };

export type FloodReport = {
  readonly kind: 'flood';
  readonly completed: number;
  readonly failed: number;
  readonly firstFailure?: string;
  /** Monotonic clock, nanoseconds; decimal text because JSON has no big integers. */
  readonly startedAtNs: string;
  readonly endedAtNs: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU time of the load generator itself, to see that it was not the bottleneck. */
  readonly cpuMs: number;
};

/** Times in milliseconds, in the order of the rounds; a failed exchange is left out and counted. */
export type Timings = {
  readonly name: string;
  /** From the request's first byte to the answer's last. */
  readonly totalMs: readonly number[];
  /** To the first chunk with text. Empty without streaming. */
  readonly firstChunkMs: readonly number[];
  /** From the provider's write of a chunk to its arrival here, all chunks. Empty without streaming. */
  readonly hopMs: readonly number[];
  /** Gaps of more than 100 ms between two chunks. */
  readonly stalls: number;
  readonly failed: number;
  readonly firstFailure?: string;
};

export type TimingReport = { readonly kind: 'timings'; readonly targets: readonly Timings[] };

export type LoadReport = FloodReport | TimingReport;
