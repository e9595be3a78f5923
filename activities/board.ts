/** Who waits for which request in this process: answers and streamed chunks are handed over here, without a detour through any store. */
import type { Failure } from '../providers/protocol/errors.ts';

/** The end of a request, committed. */
export type Ended = {
  readonly state: 'completed' | 'failed' | 'cancelled' | 'outcome_unknown';
  /** The answer as stored. */
  readonly json?: string;
  readonly failure?: Failure;
  readonly origin: AnswerOrigin;
};

/** Which attempt speaks, for response headers. */
export type AnswerOrigin = {
  readonly deploymentId?: string;
  readonly provider?: string;
  readonly upstreamModel?: string;
  readonly group?: string;
  readonly attempts: number;
  readonly fallbacks: number;
  readonly maxRetries?: number;
  readonly costNanoUsd?: bigint;
  readonly providerMs?: number;
};

export type Listener = {
  /** The attempt that will be shown has begun to answer. */
  opened(origin: AnswerOrigin): void;
  chunk(id: number, json: string): void;
  /** The attempt broke off after something of it was published. The request may go on; a reader who saw some of it cannot. */
  broken(failure: Failure, origin: AnswerOrigin): void;
  ended(end: Ended): void;
};

export type Ticket = {
  readonly id: string;
  readonly ended: Promise<Ended>;
  /** Hands over everything that was published so far, then what follows. Returns how to stop listening. */
  listen(listener: Listener): () => void;
  /** Nobody waits any more. */
  close(): void;
};

export type Board = {
  /** Begins to wait. Several tickets for one request share what is published. */
  open(id: string): Ticket;
  /** Ids somebody waits for here. */
  awaited(): readonly string[];
  isAwaited(id: string): boolean;
  opened(id: string, origin: AnswerOrigin): void;
  chunk(id: string, chunkId: number, json: string): void;
  broken(id: string, failure: Failure, origin: AnswerOrigin): void;
  end(id: string, end: Ended): void;
  /** This process stops: whoever still waits is told so. Their requests go on elsewhere. */
  release(failure: Failure): void;
};

type Entry = {
  tickets: number;
  readonly ended: Promise<Ended>;
  readonly resolve: (end: Ended) => void;
  end: Ended | undefined;
  readonly listeners: Set<Listener>;
  /** Published before anybody listened. Bounded by the provider's speed times the moment between admission and the first listener. */
  backlog: ((listener: Listener) => void)[];
  listened: boolean;
};

export function createBoard(): Board {
  const entries = new Map<string, Entry>();

  const publish = (id: string, tell: (listener: Listener) => void): void => {
    const entry = entries.get(id);
    if (entry === undefined) return;
    if (!entry.listened) entry.backlog.push(tell);
    for (const listener of entry.listeners) tell(listener);
  };

  const end = (id: string, ended: Ended): void => {
    const entry = entries.get(id);
    if (entry === undefined || entry.end !== undefined) return;
    entry.end = ended;
    entry.resolve(ended);
    for (const listener of entry.listeners) listener.ended(ended);
  };

  return {
    open: (id) => {
      const entry = entries.get(id) ?? createEntry();
      entry.tickets += 1;
      entries.set(id, entry);
      let open = true;
      return {
        id,
        ended: entry.ended,
        listen: (listener) => {
          const backlog = entry.backlog;
          entry.listened = true;
          entry.backlog = [];
          for (const tell of backlog) tell(listener);
          if (entry.end !== undefined) {
            listener.ended(entry.end);
            return () => undefined;
          }
          entry.listeners.add(listener);
          return () => entry.listeners.delete(listener);
        },
        close: () => {
          if (!open) return;
          open = false;
          entry.tickets -= 1;
          if (entry.tickets === 0) entries.delete(id);
        },
      };
    },
    awaited: () => [...entries].filter(([, entry]) => entry.end === undefined).map(([id]) => id),
    isAwaited: (id) => entries.has(id),
    opened: (id, origin) => {
      publish(id, (listener) => {
        listener.opened(origin);
      });
    },
    chunk: (id, chunkId, json) => {
      publish(id, (listener) => {
        listener.chunk(chunkId, json);
      });
    },
    broken: (id, failure, origin) => {
      const entry = entries.get(id);
      // Nobody has seen any of it: the next attempt's chunks may simply take its place.
      if (entry !== undefined && !entry.listened) entry.backlog = [];
      else
        publish(id, (listener) => {
          listener.broken(failure, origin);
        });
    },
    end,
    release: (failure) => {
      for (const id of entries.keys()) end(id, { state: 'failed', failure, origin: { attempts: 0, fallbacks: 0 } });
    },
  };
}

function createEntry(): Entry {
  const { promise, resolve } = deferred<Ended>();
  return { tickets: 0, ended: promise, resolve, end: undefined, listeners: new Set(), backlog: [], listened: false };
}

/** A promise and its resolver. */
export function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}
