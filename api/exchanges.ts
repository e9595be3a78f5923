/** Stored requests and answers, as the ledger holds them. */
import { parseFailure } from '../activities/ledger-view.ts';
import { readAttempts } from '../activities/store/attempts.ts';
import { attemptOf, chunkId } from '../activities/store/chunk-id.ts';
import type { Database } from '../activities/store/pool.ts';
import { eraseContent, readBody, readRequest, type RequestRow } from '../activities/store/requests.ts';
import type { StreamJournal } from '../activities/stream-journal.ts';
import type { Accepted, Caller, Resumption } from './dispatch.ts';
import { framesOf } from './follow.ts';
import type { Place, StoredExchange, StoredExchanges } from './routes/stored-exchange.ts';

export type ExchangesDeps = {
  readonly database: Database;
  readonly journal: StreamJournal;
  readonly follow: (stored: StoredExchange, resume?: Resumption) => Accepted;
};

export function createExchanges({ database, journal, follow }: ExchangesDeps): StoredExchanges {
  const find = async (id: string, caller: Caller): Promise<RequestRow | undefined> => {
    const row = await readRequest(database, id);
    return row !== undefined && (caller.operator || row.tenant === caller.tenant) ? row : undefined;
  };
  return {
    read: async (id, caller) => {
      const row = await find(id, caller);
      if (row === undefined) return undefined;
      const body = JSON.parse(await readBody(database, id)) as StoredExchange['body'];
      return Object.keys(body).length === 0 ? undefined : toExchange(row, body);
    },
    erase: async (id, caller) => (await find(id, caller)) !== undefined && eraseContent(database, id),
    follow,
    place: async (stored, after) => placeIn(after, await lastIdOf(database, journal, stored)),
  };
}

function toExchange(row: RequestRow, body: StoredExchange['body']): StoredExchange {
  return {
    id: row.id,
    kind: row.kind,
    model: row.model,
    status: row.state,
    body,
    ...(row.response === undefined ? {} : { responseJson: row.response }),
    ...(row.error === undefined || row.state === 'in_progress' ? {} : { failure: parseFailure(row.error) }),
  };
}

/** The last event of a completed request's stream, kept or made from its answer; undefined when it was kept once and is no more. */
async function lastIdOf(
  database: Database,
  journal: StreamJournal,
  stored: StoredExchange,
): Promise<number | undefined> {
  const winner = (await readAttempts(database, stored.id)).length;
  const extent = await journal.extent(stored.id);
  if (extent !== undefined && attemptOf(extent.lastId) === winner) return extent.lastId;
  if (stored.body['stream'] === true) return undefined;
  return chunkId(winner, framesOf(stored, stored.responseJson ?? '').length);
}

function placeIn(after: number, lastId: number | undefined): Place {
  if (lastId === undefined) return 'gone';
  if (after > lastId) return 'beyond';
  return after === lastId ? 'end' : 'more';
}
