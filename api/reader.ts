/** The ledger as callers may read it: one's own requests, with their attempts, costs and the way to their history. */
import type { Attempts } from '../activities/attempts.ts';
import { parseFailure } from '../activities/ledger-view.ts';
import { readAttempts, type AttemptRow } from '../activities/store/attempts.ts';
import type { Database } from '../activities/store/pool.ts';
import { listDeliveries } from '../activities/store/webhooks.ts';
import { listRequests, readRequest, requestCancel, type RequestRow } from '../activities/store/requests.ts';
import type { Usage } from '../providers/protocol/usage.ts';
import type { Carriers } from './carriers.ts';
import type { Caller } from './dispatch.ts';
import type { AttemptRecord, RequestReader, RequestRecord } from './routes/request-reader.ts';

export type ReaderDeps = {
  readonly database: Database;
  readonly attempts: Attempts;
  readonly carriers: Carriers;
  /** Where a workflow can be looked at; undefined when nobody said where Temporal's UI is. */
  readonly workflowUrl: (workflowId: string) => string | undefined;
};

export function createReader(deps: ReaderDeps): RequestReader {
  const read = async (id: string, caller: Caller): Promise<RequestRecord | undefined> => {
    const row = await readRequest(deps.database, id);
    if (row === undefined || !mayRead(caller, row)) return undefined;
    const deliveries = row.told ? await listDeliveries(deps.database, { subject: id, limit: 10 }) : [];
    return {
      ...toRecord(deps, row, await readAttempts(deps.database, id)),
      ...(deliveries.length === 0 ? {} : { deliveries }),
    };
  };
  return {
    get: read,
    list: async (filter, caller) => {
      const tenant = caller.operator ? filter.team : caller.tenant;
      if (!caller.operator && filter.team !== undefined && filter.team !== caller.tenant)
        return { data: [], hasMore: false };
      const rows = await listRequests(deps.database, {
        limit: filter.limit + 1,
        ...(tenant === undefined ? {} : { tenant }),
        ...(filter.key === undefined ? {} : { alias: filter.key }),
        ...(filter.status === undefined ? {} : { state: filter.status }),
        ...(filter.model === undefined ? {} : { model: filter.model }),
        ...(filter.tag === undefined ? {} : { tag: filter.tag }),
        ...(filter.createdFromMs === undefined ? {} : { createdFromMs: filter.createdFromMs }),
        ...(filter.createdBeforeMs === undefined ? {} : { createdBeforeMs: filter.createdBeforeMs }),
        ...(filter.after === undefined ? {} : { before: filter.after }),
      });
      const page = rows.slice(0, filter.limit);
      const data = await Promise.all(
        page.map(async (row) => toRecord(deps, row, await readAttempts(deps.database, row.id))),
      );
      return { data, hasMore: rows.length > filter.limit };
    },
    cancel: async (id, caller) => {
      const row = await readRequest(deps.database, id);
      if (row === undefined || !mayRead(caller, row)) return undefined;
      if (row.state === 'in_progress') {
        await requestCancel(deps.database, id);
        // The mark reaches the process that makes the call within half a second; when that is this one, at once.
        const running = deps.attempts.find(id);
        if (deps.attempts.cancel(id)) await running?.end;
        else await deps.carriers.cancel(id);
      }
      return read(id, caller);
    },
  };
}

function mayRead(caller: Caller, row: RequestRow): boolean {
  return caller.operator || row.tenant === caller.tenant;
}

function toRecord(deps: ReaderDeps, row: RequestRow, attempts: readonly AttemptRow[]): RequestRecord {
  const carrier = row.carrier ?? deps.carriers.carrierOf(row.id);
  const temporalUrl = carrier === undefined ? undefined : deps.workflowUrl(carrier);
  return {
    id: row.id,
    status: row.state,
    model: row.model,
    createdAtMs: row.createdAt.getTime(),
    attempts: attempts.map(toAttempt),
    ...(row.completedAt === undefined ? {} : { completedAtMs: row.completedAt.getTime() }),
    ...(row.response === undefined ? {} : { responseJson: row.response }),
    ...(row.error === undefined || row.state === 'in_progress' ? {} : { failure: parseFailure(row.error) }),
    ...(row.costNano === undefined ? {} : { costNanoUsd: row.costNano }),
    ...(row.usage === undefined ? {} : { usage: JSON.parse(row.usage) as Usage }),
    ...(temporalUrl === undefined ? {} : { temporalUrl }),
  };
}

function toAttempt(row: AttemptRow): AttemptRecord {
  return {
    n: row.n,
    deployment: row.deployment,
    provider: row.provider,
    status: row.state === 'dispatching' ? 'in_progress' : row.state,
    startedAtMs: row.startedAt.getTime(),
    ...(row.endedAt === undefined ? {} : { endedAtMs: row.endedAt.getTime() }),
    ...(row.costNano === undefined ? {} : { costNanoUsd: row.costNano }),
    ...(row.costMinNano === undefined ? {} : { costMinNanoUsd: row.costMinNano }),
    ...(row.costMaxNano === undefined ? {} : { costMaxNanoUsd: row.costMaxNano }),
    ...(row.estimated ? { estimated: true } : {}),
    ...(row.usage === undefined ? {} : { usage: JSON.parse(row.usage) as Usage }),
    ...(row.error === undefined ? {} : { failure: parseFailure(row.error) }),
  };
}
