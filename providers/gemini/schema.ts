/** JSON Schema to the subset of OpenAPI that Google takes in `parameters` and `responseSchema`. */
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';

/** Passed on unchanged. */
const KEPT: ReadonlySet<string> = new Set([
  'title',
  'description',
  'nullable',
  'minItems',
  'maxItems',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minProperties',
  'maxProperties',
  'pattern',
  'propertyOrdering',
]);

/** Words of the description in their place: the model still reads them. */
const DESCRIBED: ReadonlySet<string> = new Set([
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'uniqueItems',
  'not',
  'patternProperties',
  'format',
]);

const FORMATS: ReadonlySet<unknown> = new Set(['enum', 'date-time', 'float', 'double', 'int32', 'int64']);

/** Inlining references can multiply a schema without end; beyond this it is passed as JSON Schema, which may hold references. */
const MOST_NODES = 5_000;

/** It refers to itself, or is too large without its references. */
class Inexpressible extends Error {
  override readonly name = 'Inexpressible';
}

type Walk = { readonly root: JsonObject; readonly refs: readonly string[]; readonly count: { nodes: number } };

function resolveRef(ref: string, root: JsonObject): unknown {
  let at: unknown = root;
  for (const key of ref.split('/').slice(1)) {
    const name = key.replaceAll('~1', '/').replaceAll('~0', '~');
    at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }
  return at;
}

type Mutable = Record<string, unknown>;

/** All members at once, as far as one schema can say it. */
function merged(members: readonly JsonObject[]): JsonObject {
  const result: Mutable = {};
  for (const member of members) {
    for (const [key, value] of Object.entries(member)) {
      const known = result[key];
      if (key === 'properties' && isObject(known) && isObject(value)) result[key] = { ...known, ...value };
      else if (key === 'required') result[key] = [...new Set([...listOf(known), ...listOf(value)])];
      else result[key] = value;
    }
  }
  return result;
}

/** The schema without references and `allOf`. */
function resolved(given: JsonObject, walk: Walk): { readonly schema: JsonObject; readonly walk: Walk } {
  const ref = given['$ref'];
  if (typeof ref === 'string') {
    if (walk.refs.includes(ref)) throw new Inexpressible(ref);
    const { $ref: _ref, ...beside } = given;
    const found = resolveRef(ref, walk.root);
    return resolved(merged([isObject(found) ? found : {}, beside]), { ...walk, refs: [...walk.refs, ref] });
  }
  const all = listOf(given['allOf']);
  if (all.length === 0) return { schema: given, walk };
  const { allOf: _all, ...beside } = given;
  let inner = walk;
  const members = all.filter(isObject).map((member) => {
    const found = resolved(member, inner);
    inner = found.walk;
    return found.schema;
  });
  return resolved(merged([...members, beside]), inner);
}

function describe(description: unknown, words: readonly string[]): JsonObject {
  const text = [textOf(description), ...words].filter((word) => word !== undefined).join(' ');
  return text === '' ? {} : { description: text };
}

/** Google's enums hold texts only, none of them empty. Other values are named in the description. */
function enumOf(values: readonly unknown[]): { readonly fields: Mutable; readonly words: readonly string[] } {
  const rest = values.filter((value) => value !== null);
  const nullable = rest.length < values.length ? { nullable: true } : {};
  const texts = rest.filter((value) => typeof value === 'string' && value !== '');
  if (texts.length > 0 && texts.length === rest.length) {
    return { fields: { ...nullable, type: 'string', enum: texts }, words: [] };
  }
  const words = rest.length === 0 ? [] : [`One of ${rest.map((value) => JSON.stringify(value)).join(', ')}.`];
  const [first] = rest;
  const type = { string: 'string', number: 'number', boolean: 'boolean' }[typeof first as string];
  return { fields: { ...nullable, ...(type === undefined ? {} : { type }) }, words };
}

/** Alternatives may not have anything beside them at Google: what belongs to all goes into each. */
function alternatives(options: readonly unknown[], beside: JsonObject, walk: Walk): Mutable {
  const schemas = options.filter(isObject);
  const real = schemas.filter((option) => option['type'] !== 'null' && option['const'] !== null);
  const nullable = real.length < schemas.length || beside['nullable'] === true;
  const { nullable: _nullable, description, ...common } = beside;
  const shared = { ...common, ...(nullable ? { nullable: true } : {}) };
  const built = real.map((option) =>
    convert(
      merged([
        // What an alternative says of itself wins, except for what both say about properties.
        { ...shared, ...(description === undefined ? {} : { description }) },
        option,
      ]),
      walk,
    ),
  );
  const [only] = built;
  if (only === undefined) return { nullable: true };
  return built.length === 1 ? only : { anyOf: built };
}

function properties(schema: JsonObject, walk: Walk): Mutable {
  const given = isObject(schema['properties']) ? Object.entries(schema['properties']) : [];
  if (given.length === 0) return {};
  const built = given.map(([name, value]) => [name, convert(isObject(value) ? value : {}, walk)] as const);
  const names = new Set(given.map(([name]) => name));
  const required = listOf(schema['required']).filter((name) => typeof name === 'string' && names.has(name));
  return {
    properties: Object.fromEntries(built),
    ...(required.length === 0 ? {} : { required }),
  };
}

function items(schema: JsonObject, walk: Walk): Mutable {
  const given = schema['items'];
  const tuple = [...listOf(schema['prefixItems']), ...listOf(given)].filter(isObject);
  if (tuple.length > 0) return { items: alternatives(tuple, {}, walk) };
  // Google refuses a list that does not say what it holds.
  return { items: isObject(given) && Object.keys(given).length > 0 ? convert(given, walk) : { type: 'string' } };
}

function typeOf(schema: JsonObject): string | undefined {
  const { type } = schema;
  if (typeof type === 'string') return type.toLowerCase();
  if (isObject(schema['properties']) || schema['additionalProperties'] !== undefined) return 'object';
  return schema['items'] !== undefined || schema['prefixItems'] !== undefined ? 'array' : undefined;
}

function convert(given: JsonObject, before: Walk): Mutable {
  before.count.nodes += 1;
  if (before.count.nodes > MOST_NODES) throw new Inexpressible('too large');
  const { schema, walk } = resolved(given, before);

  if (Array.isArray(schema['type'])) {
    const { type: types, ...beside } = schema;
    const options = listOf(types).flatMap((type) => (typeof type === 'string' ? [{ type }] : []));
    return alternatives(options, beside, walk);
  }
  const options = [...listOf(schema['anyOf']), ...listOf(schema['oneOf'])];
  if (options.length > 0) {
    const { anyOf: _any, oneOf: _one, ...beside } = schema;
    return alternatives(options, beside, walk);
  }

  const result: Mutable = {};
  const words: string[] = [];
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'format' && FORMATS.has(value)) result[key] = value;
    else if (KEPT.has(key)) result[key] = value;
    else if (DESCRIBED.has(key)) words.push(`${key}: ${JSON.stringify(value)}.`);
  }
  const type = typeOf(schema);
  if (type !== undefined) result['type'] = type;
  const values = 'const' in schema ? [schema['const']] : listOf(schema['enum']);
  if (values.length > 0) {
    const { fields, words: more } = enumOf(values);
    Object.assign(result, type === undefined ? fields : { ...fields, type });
    if (result['type'] !== 'string') delete result['enum'];
    words.push(...more);
  }
  if (type === 'object') Object.assign(result, properties(schema, walk));
  if (type === 'array') Object.assign(result, items(schema, walk));
  return { ...result, ...describe(schema['description'], words) };
}

/** Nothing when the subset cannot say it: the schema holds itself. */
export function toOpenApi(schema: JsonObject): JsonObject | undefined {
  try {
    return convert(schema, { root: schema, refs: [], count: { nodes: 0 } });
  } catch (error) {
    if (error instanceof Inexpressible) return undefined;
    throw error;
  }
}

/** Real JSON Schema as Google takes it: without `const`, which it does not know, and without the dialect's name. */
export function toJsonSchema(given: unknown): unknown {
  if (Array.isArray(given)) return given.map(toJsonSchema);
  if (!isObject(given)) return given;
  const result: Mutable = {};
  for (const [key, value] of Object.entries(given)) {
    if (key === '$schema' || key === 'strict') continue;
    if (key === 'const') result['enum'] = [value];
    else if (key === 'enum' || key === 'required' || key === 'default' || key === 'examples') result[key] = value;
    else if (key === 'properties' || key === '$defs' || key === 'definitions')
      result[key] = isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toJsonSchema(inner)]))
        : value;
    else result[key] = toJsonSchema(value);
  }
  return result;
}
