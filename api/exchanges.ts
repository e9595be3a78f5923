/** Stored requests and answers, as the ledger holds them. */
import { parseFailure } from '../activities/ledger-view.ts';
import type { Database } from '../activities/store/pool.ts';
import { eraseContent, readBody, readRequest, type RequestRow } from '../activities/store/requests.ts';
import type { Accepted, Caller } from './dispatch.ts';
import type { StoredExchange, StoredExchanges } from './routes/stored-exchange.ts';

export type ExchangesDeps = {
  readonly database: Database;
  readonly follow: (id: string) => Accepted;
};

export function createExchanges({ database, follow }: ExchangesDeps): StoredExchanges {
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
