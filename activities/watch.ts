/** Callers who wait here for work that is done elsewhere: the ledger is asked for them, all in one statement. */
import type { Attempts } from './attempts.ts';
import type { Board } from './board.ts';
import { toEnded } from './ledger-view.ts';
import { readAttempts } from './store/attempts.ts';
import type { Database } from './store/pool.ts';
import { readEnded } from './store/requests.ts';

export type Watch = {
  /** Somebody says that a request has ended; that is looked at when it is awaited here. */
  ended(id: string): void;
  /** At once, instead of after the pause. */
  look(): void;
  stop(): void;
};

export function startWatch(deps: {
  readonly database: Database;
  readonly board: Board;
  readonly attempts: Attempts;
  /** Between two looks; no statement is sent while everything awaited is under way in this process. */
  readonly patienceMs: () => number;
  readonly onError: (error: unknown) => void;
}): Watch {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let looking = false;
  let again = false;
  const endFound = async (): Promise<void> => {
    const ids = deps.board.awaited().filter((id) => !deps.attempts.isRunning(id));
    if (ids.length === 0) return;
    for (const row of await readEnded(deps.database, ids)) {
      deps.board.end(row.id, toEnded(row, await readAttempts(deps.database, row.id)));
    }
  };
  const look = (): void => {
    clearTimeout(timer);
    // What was told meanwhile may have been missed by the look under way.
    again = looking;
    if (looking || stopped) return;
    looking = true;
    endFound()
      // The database is away: waiting goes on, and so does looking.
      .catch(deps.onError)
      .finally(() => {
        looking = false;
        if (stopped) return;
        if (again) look();
        else timer = setTimeout(look, deps.patienceMs());
      });
  };
  timer = setTimeout(look);
  return {
    ended: (id) => {
      if (deps.board.isAwaited(id) && !deps.attempts.isRunning(id)) look();
    },
    look,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
