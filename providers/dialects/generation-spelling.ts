/** Google's JSON knows every field in two spellings: `systemInstruction` and `system_instruction`. */
import type { Body } from './dialect.ts';

const SNAKE = /_([a-z])/g;

/** Maps whose keys are the caller's own, not the protocol's. */
const FOREIGN: ReadonlySet<string> = new Set([
  'args',
  'response',
  'parameters',
  'parametersJsonSchema',
  'responseSchema',
  'responseJsonSchema',
  'labels',
  'extra_body',
]);

function camel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camel);
  if (typeof value !== 'object' || value === null) return value;
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const name = key.startsWith('_') ? key : key.replaceAll(SNAKE, (_, letter: string) => letter.toUpperCase());
    result[name] = FOREIGN.has(name) ? item : camel(item);
  }
  return result;
}

/** The body in the spelling that the rest of the dialect reads. */
export function inCamelCase(body: Body): Body {
  return camel(body) as Body;
}
