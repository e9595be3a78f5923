/** Reads a management request: a body by its schema, a misspelt field named, what is not known left out. */
import type { z } from 'zod';
import { nearest } from '../../../activities/config/nearest.ts';
import { toProblem } from '../../../providers/protocol/problem.ts';
import { readJson } from '../../middleware/body.ts';
import { refuse, Refusal } from '../../middleware/refusal.ts';
import type { Exchange, Managed } from '../exchange.ts';

/** Far above any list of keys or models that somebody would send. */
const MAX_BYTES = 4 * 1024 * 1024;

export async function readBody<Schema extends z.ZodObject>(
  exchange: Exchange,
  schema: Schema,
): Promise<z.output<Schema>> {
  // `curl -X POST …/regenerate` sends nothing at all: no field is required there.
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = exchange.req.headers;
  const body = length === '0' && encoding === undefined ? {} : await readJson(exchange, MAX_BYTES);
  return checkBody(body, schema);
}

export function checkBody<Schema extends z.ZodObject>(body: unknown, schema: Schema): z.output<Schema> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body))
    refuseMisspelt(body, Object.keys(schema.shape));
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new Refusal({ code: 'unprocessable', ...toProblem(parsed.error, body), billed: 'no' });
}

/** Fields of other versions are ignored, as LiteLLM does; but `max_bugdet` that limits nothing would cost money. */
function refuseMisspelt(body: object, known: readonly string[]): void {
  for (const field of Object.keys(body)) {
    if (known.includes(field) || field.length > 60) continue;
    const meant = nearest(field, known);
    if (meant !== undefined && isNear(field, meant))
      refuse('unprocessable', `Unknown field '${field}'. Did you mean '${meant}'?`, field);
  }
}

function isNear(field: string, meant: string): boolean {
  if (field.length < 5 || Math.abs(field.length - meant.length) > 1) return false;
  // The same letters in nearly the same order; `tpm_limit` and `rpm_limit` are both known, and no misspelling of each other.
  const letters = (text: string): string => text.toLowerCase().split('').toSorted().join('');
  return letters(field) === letters(meant) || field.toLowerCase().replaceAll(/[-_]/g, '') === meant.replaceAll('_', '');
}

export function managedOf(exchange: Exchange): Managed {
  return exchange.deps.managed ?? refuse('durability_unavailable', 'This process has no database to manage keys in.');
}
