/** A small instance of a JSON schema: what the mock answers when asked for structured output or for a tool's arguments. */
import { isObject, listOf, type JsonObject } from '../protocol/json.ts';

/** Recursive schemas end here; what lies deeper is null. */
const DEEPEST = 24;

function resolve(schema: JsonObject, root: JsonObject): JsonObject {
  const ref = schema['$ref'];
  if (typeof ref !== 'string' || !ref.startsWith('#')) return schema;
  let at: unknown = root;
  for (const key of ref.split('/').slice(1)) {
    at = isObject(at) ? at[key.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
  }
  return isObject(at) ? at : {};
}

const FORMATS: Readonly<Record<string, string>> = {
  date: '2026-01-01',
  time: '00:00:00Z',
  'date-time': '2026-01-01T00:00:00Z',
  email: 'mock@example.com',
  uri: 'https://example.com',
  uuid: '00000000-0000-4000-8000-000000000000',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
};

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function stringInstance(schema: JsonObject): string {
  const format = schema['format'];
  const text = typeof format === 'string' ? (FORMATS[format] ?? 'mock') : 'mock';
  const padded = text.padEnd(numberOf(schema['minLength']) ?? 0, 'x');
  return padded.slice(0, numberOf(schema['maxLength']) ?? padded.length);
}

function numberInstance(schema: JsonObject, whole: boolean): number {
  const step = numberOf(schema['multipleOf']) ?? 1;
  const least = numberOf(schema['minimum']) ?? above(schema['exclusiveMinimum'], step);
  const most = numberOf(schema['maximum']) ?? above(schema['exclusiveMaximum'], -step);
  // The smallest that may be, else the largest that is not above zero.
  const wanted = least ?? Math.min(0, most ?? 0);
  if (!whole && schema['multipleOf'] === undefined) return wanted;
  const steps = least === undefined ? Math.floor(wanted / step) : Math.ceil(wanted / step);
  // Without the sum, -0 would be an answer.
  return steps * step + 0;
}

function above(limit: unknown, distance: number): number | undefined {
  return typeof limit === 'number' ? limit + distance : undefined;
}

function objectInstance(schema: JsonObject, root: JsonObject, depth: number): JsonObject {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const required = listOf(schema['required']).filter((name) => typeof name === 'string');
  const result: Record<string, unknown> = {};
  for (const name of required) result[name] = instance(properties[name], root, depth + 1);
  return result;
}

function firstType(type: unknown): unknown {
  return Array.isArray(type) ? type[0] : type;
}

function mergeAll(schema: JsonObject, root: JsonObject): JsonObject {
  const parts = listOf(schema['allOf']).filter(isObject);
  let merged: JsonObject = schema;
  for (const part of parts) {
    const other = resolve(part, root);
    merged = {
      ...merged,
      ...other,
      properties: { ...(merged['properties'] as object | undefined), ...(other['properties'] as object | undefined) },
      required: [...listOf(merged['required']), ...listOf(other['required'])],
    };
  }
  return merged;
}

function instance(given: unknown, root: JsonObject, depth: number): unknown {
  if (!isObject(given) || depth > DEEPEST) return null;
  const schema = mergeAll(resolve(given, root), root);
  if ('const' in schema) return schema['const'];
  const [first] = listOf(schema['enum']);
  if (first !== undefined) return first;
  if ('default' in schema) return schema['default'];
  const [option] = [...listOf(schema['anyOf']), ...listOf(schema['oneOf'])];
  if (option !== undefined) return instance(option, root, depth + 1);
  switch (firstType(schema['type'])) {
    case 'string':
      return stringInstance(schema);
    case 'integer':
      return numberInstance(schema, true);
    case 'number':
      return numberInstance(schema, false);
    case 'boolean':
      return false;
    case 'null':
      return null;
    case 'array':
      return Array.from({ length: Math.min(numberOf(schema['minItems']) ?? 0, 100) }, () =>
        instance(schema['items'], root, depth + 1),
      );
    default:
      return isObject(schema['properties']) || schema['type'] === 'object'
        ? objectInstance(schema, root, depth)
        : 'mock';
  }
}

export function instanceOf(schema: JsonObject): unknown {
  return instance(schema, schema, 0);
}
