/** `/tag/*`: what requests are marked with, and what may be spent under a mark. */
import { endAccounts, readAccounts } from '../../../activities/store/access/accounts.ts';
import { recordChange } from '../../../activities/store/access/audit.ts';
import { deleteRow, findRow, listRows } from '../../../activities/store/access/rows.ts';
import { transact } from '../../../activities/store/access/transaction.ts';
import type { Caller } from '../../dispatch.ts';
import { sendJson } from '../../middleware/reply.ts';
import type { Exchange } from '../exchange.ts';
import { notThere, readActor } from './actor.ts';
import { orTaken } from './keys.ts';
import { MOST_LISTED, sendAll } from './listing.ts';
import { tagNamedSchema, tagNamesSchema, tagSchema } from './objects-schemas.ts';
import { managedOf, readBody } from './read-body.ts';
import { accountsOf, showTag } from './show.ts';
import { save } from './writing.ts';

const SCOPES = ['tag', 'tag_model'];

export async function createTag(exchange: Exchange, caller: Caller): Promise<void> {
  const { name: id, ...body } = await readBody(exchange, tagSchema);
  const actor = await readActor(exchange, caller);
  const tag = await orTaken(() =>
    transact(managedOf(exchange).database, async (session) => {
      const { row, accounts } = await save(session, 'tag', id, body, { author: actor.author });
      return showTag(row, accounts);
    }),
  );
  sendJson(exchange, 200, { message: `Tag ${id} created successfully`, tag });
}

export async function updateTag(exchange: Exchange, caller: Caller): Promise<void> {
  const { name: id, ...body } = await readBody(exchange, tagSchema);
  const actor = await readActor(exchange, caller);
  const tag = await transact(managedOf(exchange).database, async (session) => {
    const before = (await findRow(session, 'tag', id, { lock: true })) ?? notThere('tag', id);
    const { row, accounts } = await save(session, 'tag', id, body, { author: actor.author, before });
    return showTag(row, accounts);
  });
  sendJson(exchange, 200, { message: `Tag ${id} updated successfully`, tag });
}

export async function deleteTag(exchange: Exchange, caller: Caller): Promise<void> {
  const { name: id } = await readBody(exchange, tagNamedSchema);
  const actor = await readActor(exchange, caller);
  await transact(managedOf(exchange).database, async (session) => {
    const before = (await findRow(session, 'tag', id, { lock: true })) ?? notThere('tag', id);
    await deleteRow(session, 'tag', id);
    await endAccounts(session, 'tag', id);
    await recordChange(session, actor.author, { action: 'deleted', object: 'tag', id, before });
  });
  sendJson(exchange, 200, { message: `Tag ${id} deleted successfully` });
}

export async function tagInfo(exchange: Exchange): Promise<void> {
  const { names } = await readBody(exchange, tagNamesSchema);
  const { database } = managedOf(exchange);
  const rows = await listRows(database, 'tag', { where: [{ column: 'id', in: names }], limit: MOST_LISTED });
  const missing = names.find((name) => !rows.some(({ id }) => id === name));
  if (missing !== undefined) notThere('tag', missing);
  const accounts = await readAccounts(database, SCOPES, names);
  sendJson(exchange, 200, Object.fromEntries(rows.map((row) => [row.id, showTag(row, accountsOf(accounts, row.id))])));
}

export async function listTags(exchange: Exchange): Promise<void> {
  await sendAll(exchange, 'tag', SCOPES, showTag);
}
