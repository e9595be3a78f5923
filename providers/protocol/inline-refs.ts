/** JSON schemas without `$ref`, for providers that read a schema without looking anything up. */
import { isObject, type JsonObject } from './json.ts';

/** References can double at every level: a schema of a kilobyte may stand for more nodes than memory holds. */
const MOST_NODES = 20_000;

type Walk = { readonly root: JsonObject; nodes: number };

class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

function resolve(ref: string, root: JsonObject): unknown {
  let at: unknown = root;
  for (const key of ref.split('/').slice(1)) {
    const name = key.replaceAll('~1', '/').replaceAll('~0', '~');
    at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }
  return at;
}

function inline(value: unknown, walk: Walk, open: readonly string[]): unknown {
  walk.nodes += 1;
  if (walk.nodes > MOST_NODES) throw new TooLarge();
  if (Array.isArray(value)) return value.map((entry) => inline(entry, walk, open));
  if (!isObject(value)) return value;
  const { $ref: ref, $defs: _defs, definitions: _definitions, ...rest } = value;
  if (typeof ref !== 'string' || !ref.startsWith('#'))
    return mapped(ref === undefined ? rest : { ...rest, $ref: ref }, walk, open);
  // A schema that holds itself cannot be written out; one level of it says what it is, the rest may be anything.
  if (open.includes(ref)) return mapped(rest, walk, open);
  const found = resolve(ref, walk.root);
  return inline({ ...(isObject(found) ? found : {}), ...rest }, walk, [...open, ref]);
}

function mapped(fields: JsonObject, walk: Walk, open: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, inline(value, walk, open)]));
}

/** The schema itself when it has no references, or when it would become too large without them. */
export function withoutRefs(schema: JsonObject): JsonObject {
  if (!JSON.stringify(schema).includes('"$ref"')) return schema;
  try {
    const result = inline(schema, { root: schema, nodes: 0 }, []);
    return isObject(result) ? result : schema;
  } catch (error) {
    if (error instanceof TooLarge) return schema;
    throw error;
  }
}
