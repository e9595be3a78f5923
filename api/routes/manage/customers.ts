/** `/customer/*`, also as `/end_user/*`: the callers' own users, as requests name them. */
import { endAccounts, readAccounts } from '../../../activities/store/access/accounts.ts';
import { recordChange } from '../../../activities/store/access/audit.ts';
import { deleteRow, findRow } from '../../../activities/store/access/rows.ts';
import { transact } from '../../../activities/store/access/transaction.ts';
import type { Caller } from '../../dispatch.ts';
import { refuse } from '../../middleware/refusal.ts';
import { sendJson } from '../../middleware/reply.ts';
import type { Exchange } from '../exchange.ts';
import { parseQuery } from '../params.ts';
import { notThere, readActor } from './actor.ts';
import type { Body } from './fields.ts';
import { orTaken } from './keys.ts';
import { sendAll } from './listing.ts';
import { customerQuerySchema, customerSchema, customersSchema } from './objects-schemas.ts';
import { managedOf, readBody } from './read-body.ts';
import { showCustomer } from './show.ts';
import { save } from './writing.ts';

const SCOPES = ['customer', 'customer_model'];

function requireOneBudget(body: Body): void {
  if (typeof body['budget_id'] === 'string' && typeof body['max_budget'] === 'number')
    refuse('invalid_request', 'Give either max_budget or budget_id, not both.', 'budget_id');
}

export async function createCustomer(exchange: Exchange, caller: Caller): Promise<void> {
  const { user_id: id, ...body } = await readBody(exchange, customerSchema);
  requireOneBudget(body);
  const actor = await readActor(exchange, caller);
  const shown = await orTaken(() =>
    transact(managedOf(exchange).database, async (session) => {
      const { row, accounts } = await save(session, 'customer', id, body, { author: actor.author });
      return showCustomer(row, accounts);
    }),
  );
  sendJson(exchange, 200, shown);
}

export async function updateCustomer(exchange: Exchange, caller: Caller): Promise<void> {
  const { user_id: id, ...body } = await readBody(exchange, customerSchema);
  requireOneBudget(body);
  const actor = await readActor(exchange, caller);
  const shown = await transact(managedOf(exchange).database, async (session) => {
    const before = (await findRow(session, 'customer', id, { lock: true })) ?? notThere('customer', id);
    const { row, accounts } = await save(session, 'customer', id, body, { author: actor.author, before });
    return showCustomer(row, accounts);
  });
  managedOf(exchange).forget('customer', id);
  sendJson(exchange, 200, shown);
}

export async function deleteCustomers(exchange: Exchange, caller: Caller): Promise<void> {
  const { user_ids: ids } = await readBody(exchange, customersSchema);
  const actor = await readActor(exchange, caller);
  await transact(managedOf(exchange).database, async (session) => {
    for (const id of ids) {
      const before = (await findRow(session, 'customer', id, { lock: true })) ?? notThere('customer', id);
      await deleteRow(session, 'customer', id);
      await endAccounts(session, 'customer', id);
      await recordChange(session, actor.author, { action: 'deleted', object: 'customer', id, before });
    }
  });
  sendJson(exchange, 200, {
    deleted_customers: ids.length,
    message: `Successfully deleted customers with ids: ${ids.join(', ')}`,
  });
}

export async function blockCustomers(exchange: Exchange, caller: Caller): Promise<void> {
  await setBlocked(exchange, caller, true);
}

export async function unblockCustomers(exchange: Exchange, caller: Caller): Promise<void> {
  await setBlocked(exchange, caller, false);
}

/** A customer that is blocked before its first request gets its row here. */
async function setBlocked(exchange: Exchange, caller: Caller, blocked: boolean): Promise<void> {
  const { user_ids: ids } = await readBody(exchange, customersSchema);
  const actor = await readActor(exchange, caller);
  const { database, forget } = managedOf(exchange);
  const shown = await transact(database, async (session) => {
    const rows: Body[] = [];
    for (const id of ids) {
      const before = await findRow(session, 'customer', id, { lock: true });
      if (before === undefined && !blocked) notThere('customer', id);
      const { row, accounts } = await save(
        session,
        'customer',
        id,
        { blocked },
        {
          author: actor.author,
          action: blocked ? 'blocked' : 'unblocked',
          ...(before === undefined ? {} : { before }),
        },
      );
      rows.push(showCustomer(row, accounts));
    }
    return rows;
  });
  for (const id of ids) forget('customer', id);
  sendJson(exchange, 200, blocked ? { blocked_users: shown } : { unblocked_users: shown, blocked_users: [] });
}

export async function customerInfo(exchange: Exchange): Promise<void> {
  const { end_user_id: id } = parseQuery(exchange.req.url, customerQuerySchema);
  const { database } = managedOf(exchange);
  const row = (await findRow(database, 'customer', id)) ?? notThere('customer', id);
  sendJson(exchange, 200, showCustomer(row, await readAccounts(database, SCOPES, [id])));
}

export async function listCustomers(exchange: Exchange): Promise<void> {
  await sendAll(exchange, 'customer', SCOPES, showCustomer);
}
