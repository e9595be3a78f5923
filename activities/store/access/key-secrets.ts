/** What opens a key. The database holds keyed hashes only; their pepper is elsewhere, so that a copy of the database opens nothing. */
import { createHmac, randomBytes } from 'node:crypto';
import { announce, type Session } from './transaction.ts';

export type HashKey = (key: string) => Buffer;

export function createHashKey(pepper: string): HashKey {
  // An empty pepper would make every hash one that anybody can compute.
  if (pepper === '') throw new Error('the pepper must not be empty');
  return (key) => createHmac('sha256', pepper).update(key).digest();
}

/** 128 bits: as LiteLLM's, so that what checks their form goes on working. */
export function makeKey(): string {
  return `sk-${randomBytes(16).toString('base64url')}`;
}

/** What callers see as `token`: random, and no function of the key. */
export function makeKeyId(): string {
  return randomBytes(32).toString('hex');
}

/** What a key is recognised by where it is listed. */
export function keyName(key: string): string {
  return `sk-...${key.slice(-4)}`;
}

/** False when this very key exists already. */
export async function addSecret(session: Session, keyId: string, hash: Buffer): Promise<boolean> {
  const { rowCount } = await session.query(
    'insert into key_secrets (hash, key_id) values ($1, $2) on conflict do nothing',
    [hash, keyId],
  );
  return rowCount === 1;
}

/** The secret so far is good until then; one that was rotated out before is good no more than it was. */
export async function retireSecrets(session: Session, keyId: string, graceMs: number): Promise<void> {
  if (graceMs > 0)
    await session.query(
      "update key_secrets set valid_until = now() + $2 * interval '1 millisecond' where key_id = $1 and valid_until is null",
      [keyId, graceMs],
    );
  else await session.query('delete from key_secrets where key_id = $1', [keyId]);
  await announce(session, 'key', keyId);
}

/** The id of the key that this opens, also where it is blocked or expired. */
export async function findKeyId(session: Session, hash: Buffer): Promise<string | undefined> {
  const { rows } = await session.query<{ key_id: string }>(
    'select key_id from key_secrets where hash = $1 and (valid_until is null or valid_until > now())',
    [hash],
  );
  return rows[0]?.key_id;
}

export async function keepDeletedKey(
  session: Session,
  id: string,
  row: unknown,
  by: string | undefined,
): Promise<void> {
  await session.query(
    'insert into deleted_keys (id, row, deleted_by) values ($1, $2, $3) on conflict (id) do nothing',
    [id, JSON.stringify(row), by ?? null],
  );
}

/** Rotated secrets whose time is over: they open nothing any more, and need not be kept. */
export async function forgetSecrets(session: Session): Promise<void> {
  await session.query('delete from key_secrets where valid_until < now()');
}

/** The id under which the pepper's own mark is kept: no key has it. */
const MARK = 'pepper';

/** False when the keys of this database were hashed with another pepper: then none of them is known here. */
export async function isPepperOfDatabase(session: Session, hashKey: HashKey): Promise<boolean> {
  const mark = hashKey('the mark of this pepper');
  // Processes of a new installation may start at the same time, each with the same mark.
  await session.query(
    `insert into key_secrets (hash, key_id) select $1, $2 where not exists (select 1 from key_secrets where key_id = $2)
     on conflict do nothing`,
    [mark, MARK],
  );
  const { rows } = await session.query<{ same: boolean }>(
    'select hash = $1 as same from key_secrets where key_id = $2',
    [mark, MARK],
  );
  return rows[0]?.same ?? false;
}
