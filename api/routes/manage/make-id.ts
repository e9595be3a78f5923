/** Ids of what callers leave unnamed. */
import { randomUUID } from 'node:crypto';
import { refuse } from '../../middleware/refusal.ts';

export function makeId(): string {
  return randomUUID();
}

/** What requests of the master key, and of keys without a team, are kept under: a team of such a name would read them. */
const RESERVED = /^(operator|[0-9a-f]{64})$/;

export function requireFree(id: string, field: string): string {
  if (RESERVED.test(id)) refuse('invalid_request', `The id '${id.slice(0, 100)}' is reserved.`, field);
  return id;
}
