/** YAML text → plain values that still know where each of their entries was written. */
import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type ParsedNode,
  type YAMLMap,
} from 'yaml';
import { formatPath, type Path, type Problem } from './problem.ts';

export type Tree = { [key: string]: unknown };

export type Place = { readonly file: string; readonly line: number; readonly column: number };

/**
 * Anchors may be repeated, but a file that grows beyond this many values is an attack or a mistake ("billion laughs"),
 * and would otherwise eat the memory of the process that only wanted to read its settings.
 */
const MAX_VALUES = 200_000;

/** Where entries of maps and lists were written. Kept beside the values, so that merging files does not lose it. */
export class Places {
  readonly #entries = new WeakMap<object, Map<string, Place>>();
  /** Entries whose value came out of an environment variable; such a value is never shown. */
  readonly #variables = new WeakMap<object, Map<string, string>>();

  set(container: object, key: string | number, place: Place): void {
    const entries = this.#entries.get(container) ?? new Map<string, Place>();
    entries.set(String(key), place);
    this.#entries.set(container, entries);
  }

  get(container: object, key: string | number): Place | undefined {
    return this.#entries.get(container)?.get(String(key));
  }

  setVariable(container: object, key: string | number, variable: string): void {
    const variables = this.#variables.get(container) ?? new Map<string, string>();
    variables.set(String(key), variable);
    this.#variables.set(container, variables);
  }

  variable(container: object, key: string | number): string | undefined {
    return this.#variables.get(container)?.get(String(key));
  }

  /** After items were left out of a list: its n-th item now is the one that was at `origins[n]`. */
  compact(list: object, origins: readonly number[]): void {
    for (const entries of [this.#entries.get(list), this.#variables.get(list)] as (
      Map<string, unknown> | undefined
    )[]) {
      if (entries === undefined) continue;
      const before = new Map(entries);
      entries.clear();
      for (const [n, origin] of origins.entries()) {
        const entry = before.get(String(origin));
        if (entry !== undefined) entries.set(String(n), entry);
      }
    }
  }

  /** The place of the deepest part of the path that was written down; a missing key is shown at its map. */
  locate(root: unknown, path: Path, fallbackFile: string): Place {
    let place: Place = { file: fallbackFile, line: 1, column: 1 };
    let value = root;
    for (const step of path) {
      if (typeof value !== 'object' || value === null) break;
      place = this.get(value, step) ?? place;
      value = (value as Tree)[step];
    }
    return place;
  }
}

/** Reads one file's text. The value is a map, empty when the text is empty or no map at all (a problem says so). */
export function parseYaml(text: string, file: string, places: Places): { value: Tree; problems: Problem[] } {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, merge: true, prettyErrors: true });
  const problems: Problem[] = [];
  const invalid = (offset: number, message: string): void => {
    const { line, col } = lines.linePos(offset);
    problems.push({ kind: 'invalid', file, line: Math.max(line, 1), column: Math.max(col, 1), path: '', message });
  };

  const document = Array.isArray(documents) ? documents[0] : undefined;
  if (document === undefined) return { value: {}, problems };
  if (documents.length > 1) invalid(document.range[2], 'a configuration is one YAML document, found a second one');
  for (const error of document.errors) invalid(error.pos[0], describe(error.code, error.message));
  if (problems.length > 0) return { value: {}, problems };
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    return { value: {}, problems };
  }
  if (!isMap(document.contents)) {
    invalid(document.contents.range[0], 'expected a map with keys such as model_list');
    return { value: {}, problems };
  }

  const reader = new Reader(document, file, lines, places, invalid);
  return { value: reader.map(document.contents, []), problems };
}

function describe(code: string, message: string): string {
  // The library's message goes on with a picture of the text, which could show a secret.
  const firstLine = (message.split(' at line ')[0] ?? message).replace(/:$/, '');
  return code === 'DUPLICATE_KEY' ? 'this key is already given above in the same map' : `not valid YAML: ${firstLine}`;
}

/** `__proto__` as a key would otherwise vanish into the prototype instead of being reported. */
function put(map: Tree, key: string, value: unknown): void {
  Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
}

class Reader {
  #values = 0;
  readonly #open = new Set<unknown>();
  private readonly document: Document.Parsed;
  private readonly file: string;
  private readonly lines: LineCounter;
  private readonly places: Places;
  private readonly invalid: (offset: number, message: string) => void;

  constructor(
    document: Document.Parsed,
    file: string,
    lines: LineCounter,
    places: Places,
    invalid: (offset: number, message: string) => void,
  ) {
    this.document = document;
    this.file = file;
    this.lines = lines;
    this.places = places;
    this.invalid = invalid;
  }

  map(node: YAMLMap.Parsed, path: Path): Tree {
    const value: Tree = {};
    for (const pair of node.items) {
      const key = isScalar(pair.key) ? pair.key.value : undefined;
      const offset = pair.key.range[0];
      if (key === '<<' || (typeof key === 'symbol' && key.description === '<<')) {
        this.#merge(value, pair.value, path);
        continue;
      }
      if (typeof key !== 'string' && typeof key !== 'number' && typeof key !== 'boolean') {
        this.invalid(offset, `${formatPath(path)}: keys are plain text`);
        continue;
      }
      const name = String(key);
      put(value, name, this.#node(pair.value, [...path, name]));
      this.#place(value, name, offset);
    }
    return value;
  }

  #node(node: ParsedNode | null, path: Path): unknown {
    this.#values += 1;
    if (this.#values > MAX_VALUES) {
      if (this.#values === MAX_VALUES + 1) this.invalid(node?.range[0] ?? 0, `more than ${MAX_VALUES} values`);
      return null;
    }
    if (node === null) return null;
    if (isAlias(node)) {
      const target = node.resolve(this.document);
      if (target === undefined) return null; // reported by the parser as an unresolved alias
      if (this.#open.has(target)) {
        this.invalid(node.range[0], 'an anchor must not contain itself');
        return null;
      }
      return this.#node(target as ParsedNode, path);
    }
    if (isScalar(node)) return node.value;
    this.#open.add(node);
    const value = isMap(node) ? this.map(node, path) : this.#list(node, path);
    this.#open.delete(node);
    return value;
  }

  #list(node: ParsedNode, path: Path): unknown[] {
    const value: unknown[] = [];
    if (!isSeq(node)) return value;
    for (const item of node.items) {
      if (isPair(item)) continue; // only in sets and ordered maps, which the core schema does not have
      const child: ParsedNode = item;
      value.push(this.#node(child, [...path, value.length]));
      this.#place(value, value.length - 1, child.range[0]);
    }
    return value;
  }

  /** `<<: *defaults` or `<<: [*a, *b]`: keys of the map itself win over merged ones, earlier sources over later ones. */
  #merge(into: Tree, source: ParsedNode | null, path: Path): void {
    const target = source !== null && isAlias(source) ? source.resolve(this.document) : source;
    if (isSeq(target)) {
      for (const item of target.items) this.#merge(into, item as ParsedNode, path);
      return;
    }
    if (!isMap(target)) {
      this.invalid(source?.range[0] ?? 0, '"<<" merges maps only');
      return;
    }
    const merged = this.#node(target as ParsedNode, path) as Tree;
    for (const [key, value] of Object.entries(merged)) {
      if (Object.hasOwn(into, key)) continue;
      put(into, key, value);
      const place = this.places.get(merged, key);
      if (place !== undefined) this.places.set(into, key, place);
    }
  }

  #place(container: object, key: string | number, offset: number): void {
    const { line, col } = this.lines.linePos(offset);
    this.places.set(container, key, { file: this.file, line, column: col });
  }
}
