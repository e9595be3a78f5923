/** All objects of one sort, each with what may be and was spent under it. */
import { readAccounts } from '../../../activities/store/access/accounts.ts';
import type { Row } from '../../../activities/store/access/entities.ts';
import { listRows } from '../../../activities/store/access/rows.ts';
import { sendJson } from '../../middleware/reply.ts';
import type { Exchange } from '../exchange.ts';
import type { Body } from './fields.ts';
import { managedOf } from './read-body.ts';
import { accountsOf } from './show.ts';

export const MOST_LISTED = 10_000;

/** Answers with at most {@link MOST_LISTED}. */
export async function sendAll<E extends 'customer' | 'tag'>(
  exchange: Exchange,
  entity: E,
  scopes: readonly string[],
  show: (row: Row<E>, accounts: ReturnType<typeof accountsOf>) => Body,
): Promise<void> {
  const { database } = managedOf(exchange);
  const rows = await listRows(database, entity, { limit: MOST_LISTED });
  const ids = rows.map(({ id }) => id);
  const accounts = await readAccounts(database, scopes, ids);
  const shown = rows.map((row) => show(row, accountsOf(accounts, row.id)));
  sendJson(exchange, 200, shown);
}
