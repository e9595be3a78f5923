/** Tool schemas without the keywords that watsonx refuses, at every depth. */
import { isObject, type JsonObject } from '../protocol/json.ts';

/** Keywords whose value is a map from names of the caller's own to schemas. */
const MAPS: ReadonlySet<string> = new Set([
  'properties',
  '$defs',
  'definitions',
  'patternProperties',
  'dependentSchemas',
]);
const SCHEMAS: ReadonlySet<string> = new Set(['items', 'prefixItems', 'anyOf', 'oneOf', 'allOf', 'not']);

function each(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(each);
  return isObject(value) ? looseSchema(value) : value;
}

function named(map: unknown): unknown {
  return isObject(map) ? Object.fromEntries(Object.entries(map).map(([name, value]) => [name, each(value)])) : map;
}

export function looseSchema(schema: JsonObject): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'additionalProperties' || key === 'strict') continue;
    result[key] = MAPS.has(key) ? named(value) : SCHEMAS.has(key) ? each(value) : value;
  }
  return result;
}
