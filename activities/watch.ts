/** Callers who wait here for work that is done elsewhere: the ledger is asked for them, all in one statement. */
import type { Attempts } from './attempts.ts';
import type { Board } from './board.ts';
import { toEnded } from './ledger-view.ts';
import { readAttempts } from './store/attempts.ts';
import type { Database } from './store/pool.ts';
import { readEnded } from './store/requests.ts';

/** Between two looks; no statement is sent while everything awaited is under way in this process. */
const INTERVAL_MS = 100;

export type Watch = { stop(): void };

export function startWatch(deps: {
  readonly database: Database;
  readonly board: Board;
  readonly attempts: Attempts;
  readonly onError: (error: unknown) => void;
}): Watch {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const ids = deps.board.awaited().filter((id) => !deps.attempts.isRunning(id));
    if (ids.length === 0) return;
    for (const row of await readEnded(deps.database, ids)) {
      deps.board.end(row.id, toEnded(row, await readAttempts(deps.database, row.id)));
    }
  };
  const loop = (): void => {
    look()
      // The database is away: waiting goes on, and so does looking.
      .catch(deps.onError)
      .finally(() => {
        if (!stopped) timer = setTimeout(loop, INTERVAL_MS);
      });
  };
  loop();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
