/** What the bench needs to know of a gateway to measure it, whichever it is. */
import type { Target } from './load-spec.ts';
import type { Family } from './processes.ts';

export type Surroundings = {
  /** Kept between runs: what was downloaded or built. */
  readonly cacheDir: string;
  /** Of this run: configurations, data, logs. */
  readonly workDir: string;
  readonly upstreamPort: number;
  /** Every model that will be asked for. */
  readonly models: readonly string[];
  readonly say: (line: string) => void;
  /** Holdfast's processes write CPU profiles into their folders. */
  readonly profile: boolean;
};

export type Running = {
  readonly target: Omit<Target, 'model'>;
  readonly family: Family;
  /** Resolves when everything accepted is settled; at once for a gateway that keeps nothing. Rejects past its time. */
  settled(): Promise<void>;
  /** What the gateway's own ledger says; absent for a gateway without one. */
  ledger?(): Promise<Ledger>;
  stop(): Promise<void>;
};

export type Ledger = {
  readonly completed: number;
  /** Finished requests whose workflow was never acknowledged: an answer that was not durable. */
  readonly unacknowledged: number;
  /** Workflows that carried them. */
  readonly workflows: number;
};

export type Contender = {
  /** Short name for `--only`. */
  readonly id: string;
  readonly name: string;
  start(surroundings: Surroundings): Promise<Running>;
};
