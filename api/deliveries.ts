/** The callers' webhooks: what was sent where, how it was received, and sending it again. */
import type { Database } from '../activities/store/pool.ts';
import { findDelivery, listDeliveries, reopenDelivery, type DeliveryRow } from '../activities/store/webhooks.ts';
import type { Caller } from './dispatch.ts';
import type { DeliveryDesk } from './routes/delivery-desk.ts';

export function createDeliveryDesk(database: Database): DeliveryDesk {
  const find = async (id: string, caller: Caller): Promise<DeliveryRow | undefined> => {
    const row = await findDelivery(database, id);
    return row !== undefined && (caller.operator || row.tenant === caller.tenant) ? row : undefined;
  };
  return {
    get: find,
    list: async ({ limit, ...filter }, caller) => {
      const tenant = caller.operator ? {} : { tenant: caller.tenant };
      const rows = await listDeliveries(database, { ...filter, ...tenant, limit: limit + 1 });
      return { data: rows.slice(0, limit), hasMore: rows.length > limit };
    },
    replay: async (id, caller) => {
      if ((await find(id, caller)) === undefined) return undefined;
      // Whoever looks after the ledger starts it within the second.
      await reopenDelivery(database, id);
      return find(id, caller);
    },
  };
}
