/** Reads a configuration file and the files it includes into one tree. */
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { formatPath, type Problem } from './problem.ts';
import { parseYaml, type Places, type Tree } from './yaml-tree.ts';

export type Source = { readonly value: Tree; readonly problems: readonly Problem[] };

/** Larger than any configuration by hand or machine; keeps `--config` on a log file from filling the memory. */
const MAX_FILE_BYTES = 32 * 1024 * 1024;

export function readSource(file: string, places: Places): Source {
  const problems: Problem[] = [];
  return { value: readWithIncludes(file, places, problems, []), problems };
}

function readWithIncludes(file: string, places: Places, problems: Problem[], above: readonly string[]): Tree {
  const text = readText(file, problems);
  if (text === undefined) return {};
  const parsed = parseYaml(text, file, places);
  problems.push(...parsed.problems);
  const tree = parsed.value;

  const include = typeof tree['include'] === 'string' ? [tree['include']] : tree['include'];
  // An include that is no list of names stays in the tree, where the schema reports it.
  if (!Array.isArray(include)) return tree;
  for (const [n, name] of include.entries()) {
    if (typeof name !== 'string') continue;
    const path = isAbsolute(name) ? name : join(dirname(file), name);
    const place = places.locate(tree, ['include', n], file);
    if (path === file || above.includes(path)) {
      problems.push({
        kind: 'invalid',
        ...place,
        path: formatPath(['include', n]),
        message: 'a file must not include itself',
      });
      continue;
    }
    const before = problems.length;
    const included = readWithIncludes(path, places, problems, [...above, file]);
    const unreadable = problems.slice(before).find((problem) => problem.file === path && problem.line === 0);
    if (unreadable !== undefined) {
      problems.splice(problems.indexOf(unreadable), 1, {
        ...unreadable,
        ...place,
        path: formatPath(['include', n]),
        message: `${path}: ${unreadable.message}`,
      });
    }
    delete included['include'];
    merge(tree, included, places, problems);
  }
  return tree;
}

/** LiteLLM's rule: lists are appended, maps are updated key by key, anything else is replaced by the included file's. */
function merge(into: Tree, from: Tree, places: Places, problems: Problem[]): void {
  for (const [key, value] of Object.entries(from)) {
    const present = into[key];
    if (Array.isArray(present) && Array.isArray(value)) {
      for (const [n, item] of value.entries()) {
        const place = places.get(value, n);
        present.push(item);
        if (place !== undefined) places.set(present, present.length - 1, place);
      }
    } else if (isTree(present) && isTree(value)) {
      for (const [name, setting] of Object.entries(value))
        replace(present, name, setting, value, [key, name], places, problems);
    } else {
      replace(into, key, value, from, [key], places, problems);
    }
  }
}

function replace(
  into: Tree,
  key: string,
  value: unknown,
  from: Tree,
  path: string[],
  places: Places,
  problems: Problem[],
): void {
  const before = places.get(into, key);
  const place = places.get(from, key);
  if (Object.hasOwn(into, key) && before !== undefined && place !== undefined) {
    problems.push({
      kind: 'no_effect',
      ...before,
      path: formatPath(path),
      message: `has no effect: the included ${place.file}:${place.line}:${place.column} sets it as well`,
    });
  }
  into[key] = value;
  if (place !== undefined) places.set(into, key, place);
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readText(file: string, problems: Problem[]): string | undefined {
  const unreadable = (message: string): undefined => {
    problems.push({ kind: 'invalid', file, line: 0, column: 0, path: '', message });
    return undefined;
  };
  try {
    const bytes = readFileSync(file);
    if (bytes.length > MAX_FILE_BYTES) return unreadable('larger than 32 MiB, which is no configuration');
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
    return unreadable(READ_ERRORS[code] ?? 'cannot be read');
  }
}

const READ_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'no permission to read this file',
  EPERM: 'no permission to read this file',
  EISDIR: 'this is a folder, expected a file',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'this is not UTF-8 text',
};
