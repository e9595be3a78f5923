/** Waiting for a reader to take what was written, so that a long stream read again is never in memory as a whole. */
import type { ServerResponse } from 'node:http';

/** Resolves when there is room again, or nobody to read. One that takes nothing for `unreadMs` is given up. */
export async function drained(res: ServerResponse, unreadMs: number, giveUp: () => void): Promise<void> {
  if (res.destroyed || !res.writableNeedDrain) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      res.off('drain', done);
      res.off('close', done);
      resolve();
    };
    const timer = setTimeout(giveUp, unreadMs).unref();
    res.on('drain', done);
    res.on('close', done);
  });
}
