/** Reads what stands in a URL: path parameters and query. */
import type { z } from 'zod';
import { toInvalidRequest } from '../../providers/protocol/problem.ts';
import { refuse, Refusal } from '../middleware/refusal.ts';

/** A parameter that may hold slashes (`openai/gpt-4o`) comes as its segments. */
export function pathOf(param: string | readonly string[] | undefined): string | undefined {
  return typeof param === 'object' ? param.join('/') : param;
}

/** Parses a query by a schema of strings; a parameter that is given twice, unknown or wrong is a 400 that names it. */
export function parseQuery<Schema extends z.ZodType>(url: string | undefined, schema: Schema): z.output<Schema> {
  const start = url?.indexOf('?') ?? -1;
  const query: Record<string, string> = {};
  if (url !== undefined && start !== -1) {
    for (const [name, value] of new URLSearchParams(url.slice(start + 1))) {
      if (Object.hasOwn(query, name)) refuse('invalid_request', `The query parameter ${name} is given twice.`, name);
      // PostgreSQL's text has no NUL.
      if (value.includes('\0')) refuse('invalid_request', `The query parameter ${name} holds a NUL character.`, name);
      Object.defineProperty(query, name, { value, enumerable: true });
    }
  }
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  if (unknown !== undefined)
    refuse('invalid_request', `Unknown query parameter: '${unknown.slice(0, 100)}'.`, unknown.slice(0, 100));
  throw new Refusal(toInvalidRequest(parsed.error, query));
}
