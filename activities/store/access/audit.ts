/** The record of every change that a manager made: who, what, before and after, and no secret. */
import type { Database } from '../pool.ts';
import type { Session } from './transaction.ts';

export type AuditAction = 'created' | 'updated' | 'deleted' | 'blocked' | 'unblocked' | 'rotated';

/** Who makes the change. */
export type Author = { readonly by?: string; readonly keyId?: string };

export type AuditEntry = {
  readonly id: string;
  readonly at: Date;
  readonly changedBy: string | null;
  readonly changedByKey: string | null;
  readonly action: AuditAction;
  readonly object: string;
  readonly objectId: string;
  readonly before: unknown;
  readonly after: unknown;
};

export async function recordChange(
  session: Session,
  author: Author,
  change: {
    readonly action: AuditAction;
    readonly object: string;
    readonly id: string;
    readonly before?: unknown;
    readonly after?: unknown;
  },
): Promise<void> {
  await session.query(
    `insert into audit_log (changed_by, changed_by_key, action, object, object_id, before, after) values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      author.by ?? null,
      author.keyId ?? null,
      change.action,
      change.object,
      change.id,
      change.before === undefined ? null : JSON.stringify(withoutSecrets(change.before)),
      change.after === undefined ? null : JSON.stringify(withoutSecrets(change.after)),
    ],
  );
}

/** Metadata may hold credentials of loggers and the like: whoever may read the log need not know them. */
const SECRET_NAME = /secret|password|credential|authorization|api_?key|private_?key|access_?token|auth_?token/i;

export function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      SECRET_NAME.test(name) && item !== null && typeof item !== 'boolean' ? '***' : withoutSecrets(item),
    ]),
  );
}

export type AuditFilter = {
  readonly id?: string;
  readonly changedBy?: string;
  readonly changedByKey?: string;
  readonly action?: string;
  readonly object?: string;
  readonly objectId?: string;
  readonly from?: Date;
  readonly until?: Date;
  readonly limit: number;
  readonly offset: number;
  readonly ascending?: boolean;
};

export async function readAudit(
  database: Database,
  filter: AuditFilter,
): Promise<{ readonly entries: readonly AuditEntry[]; readonly total: number }> {
  const where = `($1::bigint is null or id = $1) and ($2::text is null or changed_by = $2) and ($3::text is null or changed_by_key = $3)
    and ($4::text is null or action = $4) and ($5::text is null or object = $5) and ($6::text is null or object_id = $6)
    and ($7::timestamptz is null or at >= $7) and ($8::timestamptz is null or at < $8)`;
  const values = [
    filter.id ?? null,
    filter.changedBy ?? null,
    filter.changedByKey ?? null,
    filter.action ?? null,
    filter.object ?? null,
    filter.objectId ?? null,
    filter.from ?? null,
    filter.until ?? null,
  ];
  const [page, counted] = await Promise.all([
    database.query<Record<string, unknown>>(
      `select * from audit_log where ${where} order by id ${filter.ascending === true ? 'asc' : 'desc'} limit $9 offset $10`,
      [...values, filter.limit, filter.offset],
    ),
    database.query<{ n: string }>(`select count(*) as n from audit_log where ${where}`, values),
  ]);
  const entries = page.rows.map((raw) => ({
    id: String(raw['id']),
    at: raw['at'] as Date,
    changedBy: raw['changed_by'] as string | null,
    changedByKey: raw['changed_by_key'] as string | null,
    action: raw['action'] as AuditAction,
    object: String(raw['object']),
    objectId: String(raw['object_id']),
    before: raw['before'],
    after: raw['after'],
  }));
  return { entries, total: Number(counted.rows[0]?.n ?? 0) };
}
