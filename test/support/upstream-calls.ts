/** The oracle's books: every call that reached the scripted provider, what was sent back, and what it would be charged. */
import { appendFileSync } from 'node:fs';
import type { Dialect } from './upstream-asked.ts';
import type { ScriptedUsage } from './upstream-script.ts';

/** Nano-USD per token. */
export type Price = { readonly inputNanoUsd: number; readonly outputNanoUsd: number };

export type Call = {
  /** From 1, in the order in which the calls came in. */
  readonly n: number;
  readonly path: string;
  readonly dialect: Dialect;
  readonly model: string;
  readonly streaming: boolean;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The credential that was sent, in either dialect's header. */
  readonly credential: string | undefined;
  /** `x-holdfast-attempt`: `<request id>.<attempt>`. */
  readonly attempt: string | undefined;
  /** Parsed JSON, or text where it was none. */
  readonly body: unknown;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  state: 'open' | 'finished' | 'aborted';
  status: number;
  bytesSent: number;
  endedAt?: number;
  /** How long after its start the caller hung up. */
  abortSeenMs?: number;
  usage: ScriptedUsage;
  /** What the provider charges for this call: known when the call is over, 0 until then. */
  billedNanoUsd: number;
};

/** Writes one line per call that is over, so that another process can read the books. */
export function appendCall(file: string, call: Call): void {
  const { headers: _headers, body: _body, credential: _credential, ...entry } = call;
  appendFileSync(file, `${JSON.stringify(entry)}\n`);
}

export function bill(price: Price, usage: ScriptedUsage): number {
  return usage.promptTokens * price.inputNanoUsd + usage.completionTokens * price.outputNanoUsd;
}
