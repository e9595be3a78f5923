/** `/audit`: who changed what, before and after. */
import { readAudit, type AuditEntry } from '../../../activities/store/access/audit.ts';
import type { Caller } from '../../dispatch.ts';
import { sendJson } from '../../middleware/reply.ts';
import type { Exchange, Params } from '../exchange.ts';
import { parseQuery, pathOf } from '../params.ts';
import { notThere } from './actor.ts';
import type { Body } from './fields.ts';
import { auditQuerySchema } from './objects-schemas.ts';
import { managedOf } from './read-body.ts';

function show(entry: AuditEntry): Body {
  return {
    id: entry.id,
    updated_at: entry.at.toISOString(),
    changed_by: entry.changedBy,
    changed_by_api_key: entry.changedByKey,
    action: entry.action,
    table_name: entry.object,
    object_id: entry.objectId,
    before_value: entry.before,
    updated_values: entry.after,
  };
}

export async function listAudit(exchange: Exchange): Promise<void> {
  const query = parseQuery(exchange.req.url, auditQuerySchema);
  const { page, page_size: size } = query;
  const { entries, total } = await readAudit(managedOf(exchange).database, {
    limit: size,
    offset: (page - 1) * size,
    ascending: query.sort_order === 'asc',
    ...(query.changed_by === undefined ? {} : { changedBy: query.changed_by }),
    ...(query.changed_by_api_key === undefined ? {} : { changedByKey: query.changed_by_api_key }),
    ...(query.action === undefined ? {} : { action: query.action }),
    ...(query.table_name === undefined ? {} : { object: query.table_name }),
    ...(query.object_id === undefined ? {} : { objectId: query.object_id }),
    ...(query.start_date === undefined ? {} : { from: new Date(query.start_date) }),
    ...(query.end_date === undefined ? {} : { until: new Date(query.end_date) }),
  });
  sendJson(exchange, 200, {
    audit_logs: entries.map(show),
    total,
    page,
    page_size: size,
    total_pages: Math.ceil(total / size),
  });
}

export async function getAudit(exchange: Exchange, _caller: Caller, params: Params): Promise<void> {
  const id = pathOf(params['id']) ?? '';
  if (!/^\d{1,18}$/.test(id)) notThere('audit entry', id);
  const { entries } = await readAudit(managedOf(exchange).database, { id, limit: 1, offset: 0 });
  const [entry] = entries;
  sendJson(exchange, 200, entry === undefined ? notThere('audit entry', id) : show(entry));
}
