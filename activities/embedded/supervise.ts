/** Keeps an embedded server running: started again, on the same ports, whenever it ends without being asked to. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../telemetry/logger.ts';
import type { Running } from './process.ts';

type Server = Running & { readonly stop: () => Promise<void>; readonly end: () => void };

export type Supervised<T extends Server> = {
  /** As it was first started; its addresses stay valid through restarts, its pid does not. */
  readonly first: T;
  readonly stop: () => Promise<void>;
  /** The same without waiting for it: for a process that must go at once. */
  readonly end: () => void;
};

/** A server that ends at once each time must not take a core for itself; milliseconds. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;
/** One that ran this long is sound: the next pause is short again; milliseconds. */
const SOUND_AFTER_MS = 60_000;

export async function supervise<T extends Server>(options: {
  readonly name: string;
  readonly log: Logger;
  /** Undefined the first time, then the server that was: its ports must be used again. */
  readonly start: (before: T | undefined) => Promise<T>;
}): Promise<Supervised<T>> {
  const { name, log, start } = options;
  const first = await start(undefined);
  const stopping = new AbortController();
  let current = first;

  const watch = async (): Promise<void> => {
    let pauseMs = FIRST_PAUSE_MS;
    while (!stopping.signal.aborted) {
      const began = performance.now();
      const reason = await current.exited;
      if (stopping.signal.aborted) return;
      if (performance.now() - began > SOUND_AFTER_MS) pauseMs = FIRST_PAUSE_MS;
      log.warn({ reason }, `the ${name} ended unasked: starting it again`);
      for (let running = false; !running && !stopping.signal.aborted;) {
        await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
        if (stopping.signal.aborted) return;
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
        try {
          current = await start(first);
          running = true;
          log.info({ pid: current.pid }, `the ${name} runs again`);
        } catch (err) {
          log.error({ err }, `the ${name} could not be started`);
        }
      }
    }
  };
  const watching = watch();

  return {
    first,
    end() {
      stopping.abort();
      current.end();
    },
    async stop() {
      stopping.abort();
      await current.stop();
      await watching;
      // A restart that was under way when we were asked to stop.
      await current.stop();
    },
  };
}
