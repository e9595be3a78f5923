/** The first problem zod found, in words a caller can act on, with the path in OpenAI's notation (`messages[0].role`). */
import type { z } from 'zod';
import type { Failure } from './errors.ts';

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;

export function pathText(path: Path): string {
  let text = '';
  for (const key of path) text += typeof key === 'number' ? `[${key}]` : text === '' ? String(key) : `.${String(key)}`;
  return text;
}

function valueAt(body: unknown, path: Path): unknown {
  let value = body;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    // Reading by a path that zod reported; absent keys give undefined.
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

const LONGEST_QUOTE = 60;

function quote(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'an object';
  const text = JSON.stringify(value);
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'an integer',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

function kindOf(expected: string): string {
  return KINDS[expected] ?? expected;
}

/** Of the alternatives, the one the caller came closest to: its first problem lies deepest. */
function closest(alternatives: readonly (readonly Issue[])[]): Issue | undefined {
  let best: Issue | undefined;
  for (const [issue] of alternatives) {
    if (issue !== undefined && (best === undefined || closeness(issue) > closeness(best))) best = issue;
  }
  return best;
}

function isOfAnotherKind(issue: Issue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}

function closeness(issue: Issue): number {
  return issue.path.length * 2 + (isOfAnotherKind(issue) ? 0 : 1);
}

type Located = { readonly issue: Issue; readonly path: Path };

function locate(issue: Issue, before: Path): Located {
  const path = [...before, ...issue.path];
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return { issue, path };
  const inner = closest(issue.errors);
  // All alternatives failed at their root: the union itself is the better thing to name.
  if (inner === undefined || (inner.path.length === 0 && isOfAnotherKind(inner))) return { issue, path };
  return locate(inner, path);
}

function unionWords(issue: Extract<Issue, { code: 'invalid_union' }>): string {
  const options: unknown = 'options' in issue ? issue.options : undefined;
  if (Array.isArray(options)) return `one of ${options.map((option) => JSON.stringify(option)).join(', ')}`;
  const words = issue.errors.flatMap(([first]) => {
    if (first?.code === 'invalid_type') return [kindOf(first.expected)];
    if (first?.code === 'invalid_value') return first.values.map((value) => JSON.stringify(value));
    return [];
  });
  return words.length === 0
    ? 'another type'
    : [words.slice(0, -1).join(', '), words.at(-1)].filter((word) => word !== '').join(' or ');
}

function sentence(issue: Issue, where: string, value: unknown): string {
  if (value === undefined && issue.code !== 'custom') return `Missing required parameter: '${where}'.`;
  switch (issue.code) {
    case 'invalid_type':
      return `Invalid type for '${where}': expected ${kindOf(issue.expected)}, but got ${quote(value)}.`;
    case 'invalid_value':
      return `Invalid value for '${where}': expected ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map((allowed) => JSON.stringify(allowed)).join(', ')}, but got ${quote(value)}.`;
    case 'invalid_union':
      return `Invalid value for '${where}': expected ${unionWords(issue)}, but got ${quote(value)}.`;
    case 'too_small':
      if (issue.origin === 'string') return `Invalid value for '${where}': must not be empty.`;
      if (issue.origin === 'array')
        return `Invalid value for '${where}': must hold at least ${String(issue.minimum)} item(s).`;
      return `Invalid value for '${where}': must be at least ${String(issue.minimum)}, but got ${quote(value)}.`;
    case 'too_big':
      if (issue.origin === 'string')
        return `Invalid value for '${where}': must have at most ${String(issue.maximum)} characters.`;
      if (issue.origin === 'array')
        return `Invalid value for '${where}': must hold at most ${String(issue.maximum)} items.`;
      return `Invalid value for '${where}': must be at most ${String(issue.maximum)}, but got ${quote(value)}.`;
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_key':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      return `Invalid value for '${where}': ${issue.message}.`;
  }
}

export type Problem = { readonly message: string; readonly param?: string };

export function toProblem(error: z.ZodError, body: unknown): Problem {
  const [first] = error.issues;
  if (first === undefined) return { message: 'The request is invalid.' };
  const { issue, path } = locate(first, []);
  // A discriminated union reports its root; the field at fault is the one that tells the members apart.
  const discriminator: unknown =
    issue.code === 'invalid_union' && 'discriminator' in issue ? issue.discriminator : undefined;
  const full = typeof discriminator === 'string' && path.at(-1) !== discriminator ? [...path, discriminator] : path;
  if (full.length === 0) return { message: `The request body must be a JSON object, but is ${quote(body)}.` };
  const where = pathText(full);
  return { message: sentence(issue, where, valueAt(body, full)), param: where };
}

/** What does not fit a schema, as the refusal of the request that it is in. */
export function toInvalidRequest(error: z.ZodError, value: unknown): Failure {
  return { code: 'invalid_request', ...toProblem(error, value), billed: 'no' };
}
