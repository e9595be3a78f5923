/** What a command is given: where it writes, its environment, and when it should stop. */
import type { Variables } from '../../activities/config/references.ts';
import type { Logger } from '../../activities/telemetry/logger.ts';

export type Context = {
  readonly env: Variables;
  readonly log: Logger;
  readonly version: string;
  /** To stdout, with a line end. */
  readonly print: (text: string) => void;
  /** To stderr, with a line end: what is wrong and what to do. */
  readonly complain: (text: string) => void;
  /** Whether a person reads stdout: only then is a key shown, collected output is kept and forwarded. */
  readonly interactive: boolean;
  /** Aborted by the first SIGINT or SIGTERM: finish what was begun. */
  readonly stop: AbortSignal;
  /** Aborted right before the process ends by force. */
  readonly force: AbortSignal;
};

/** Exit codes; the last two are those of sysexits.h, which supervisors know. */
export const EXIT = { ok: 0, failed: 1, usage: 64, config: 78 } as const;
