/** The callers' batches: ordered, watched and stopped through the ledger; their workflows do the work. */
import { countLines } from '../activities/store/batch-lines.ts';
import {
  cancelBatch,
  createBatch,
  createBatchOfLines,
  findBatch,
  listBatches,
  markBatchStarted,
  pauseBatch,
  removeBatch,
  type BatchDialect,
  type BatchRow,
  type NewBatch,
} from '../activities/store/batches.ts';
import { removeFile } from '../activities/store/files.ts';
import type { Database } from '../activities/store/pool.ts';
import type { BatchCarrier } from './batch-carrier.ts';
import type { Caller } from './dispatch.ts';
import { createRequestId } from './middleware/request-id.ts';
import type { BatchDesk, BatchRecord } from './routes/batch-desk.ts';

export type BatchDeskDeps = {
  readonly database: Database;
  readonly carrier: BatchCarrier;
  readonly workflowUrl: (workflowId: string) => string | undefined;
  readonly log: { warn(details: object, message: string): void };
};

/** While it runs its numbers are counted, which takes longer the more lines there are; pollers share a count for this long. */
const COUNTED_FOR_MS = 1_000;
const MOST_COUNTED = 1_000;

export function createBatchDesk(deps: BatchDeskDeps): BatchDesk {
  const { database, carrier, log } = deps;
  const counted = new Map<string, { readonly at: number; readonly counts: Awaited<ReturnType<typeof countLines>> }>();

  const countsOf = async (row: BatchRow): Promise<Partial<BatchRow>> => {
    if (row.state !== 'in_progress' && row.state !== 'cancelling' && row.state !== 'finalizing') return {};
    const known = counted.get(row.id);
    const now = performance.now();
    const counts =
      known !== undefined && now - known.at < COUNTED_FOR_MS ? known.counts : await countLines(database, row.id);
    if (known?.counts !== counts) {
      if (counted.size >= MOST_COUNTED) counted.clear();
      counted.set(row.id, { at: now, counts });
    }
    // Its lines are gone the moment it ends, and the row that was read before does not know it yet.
    return counts.total === 0 ? ((await findBatch(database, row.id)) ?? {}) : counts;
  };

  const toRecord = async (row: BatchRow): Promise<BatchRecord> => {
    const temporalUrl = deps.workflowUrl(row.id);
    return { ...row, ...(await countsOf(row)), ...(temporalUrl === undefined ? {} : { temporalUrl }) };
  };

  const find = async (id: string, dialect: BatchDialect, caller: Caller): Promise<BatchRow | undefined> => {
    const row = await findBatch(database, id);
    const readable = row !== undefined && (caller.operator || row.tenant === caller.tenant);
    return readable && row.dialect === dialect ? row : undefined;
  };

  const get: BatchDesk['get'] = async (id, dialect, caller) => {
    const row = await find(id, dialect, caller);
    return row && toRecord(row);
  };

  /** Accepted by the ledger already: should Temporal be away, whoever looks after the ledger starts it later. */
  const start = async (row: BatchRow): Promise<void> => {
    try {
      await carrier.start(row);
      await markBatchStarted(database, row.id);
    } catch (error) {
      log.warn({ err: error, batch: row.id }, 'a batch waits for Temporal');
    }
  };

  return {
    create: async (order, caller) => {
      const tail = createRequestId().slice('req_'.length);
      const id = `${order.dialect === 'anthropic' ? 'msgbatch' : 'batch'}_${tail}`;
      const batch: NewBatch = {
        id,
        tenant: caller.tenant,
        alias: caller.alias,
        ...(caller.principal === undefined ? {} : { keyId: caller.principal.keyId }),
        dialect: order.dialect,
        endpoint: order.endpoint,
        completionWindow: order.completionWindow,
        windowMs: order.windowMs,
        ...(order.inputFileId === undefined ? {} : { inputFileId: order.inputFileId }),
        ...(order.metadata === undefined ? {} : { metadata: JSON.stringify(order.metadata) }),
        ...(order.template === undefined ? {} : { template: JSON.stringify(order.template) }),
        ...(order.webhookUrl === undefined ? {} : { webhookUrl: order.webhookUrl }),
        ...(order.outputExpiresAfterS === undefined ? {} : { outputExpiresAfterS: order.outputExpiresAfterS }),
      };
      if (order.lines === undefined) await createBatch(database, batch);
      else
        await createBatchOfLines(
          database,
          batch,
          order.lines.map(({ customId, body }, at) => ({
            n: at + 1,
            customId,
            requestId: createRequestId(),
            body: JSON.stringify(body),
          })),
        );
      const row = await findBatch(database, id);
      if (row === undefined) throw new Error(`Batch ${id} is missing.`);
      void start(row);
      return toRecord(row);
    },
    remove: async (id, dialect, caller) => {
      const row = await find(id, dialect, caller);
      if (row === undefined) return undefined;
      if (!(await removeBatch(database, id))) return false;
      if (row.outputFileId !== undefined) await removeFile(database, row.outputFileId);
      return true;
    },
    get,
    list: async ({ limit, ...filter }, caller) => {
      const tenant = caller.operator ? {} : { tenant: caller.tenant };
      const rows = await listBatches(database, { ...filter, ...tenant, limit: limit + 1 });
      const page = rows.slice(0, limit);
      const data = await Promise.all((filter.before === undefined ? page : page.toReversed()).map(toRecord));
      return { data, hasMore: rows.length > limit };
    },
    change: async (id, dialect, wish, caller) => {
      const row = await find(id, dialect, caller);
      if (row === undefined) return undefined;
      if (wish === 'cancel') await cancelBatch(database, id);
      else await pauseBatch(database, id, wish === 'pause');
      counted.delete(id);
      const changed = await findBatch(database, id);
      if (changed?.state === 'in_progress' || changed?.state === 'cancelling' || changed?.state === 'validating') {
        await carrier.tell(id, wish).catch((error: unknown) => {
          log.warn({ err: error, batch: id }, 'a batch could not be told; it finds the mark in the ledger');
        });
      }
      return changed && toRecord(changed);
    },
  };
}
