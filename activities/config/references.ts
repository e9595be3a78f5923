/** `os.environ/NAME` anywhere in a configuration → the value of that variable, and empty entries → absent ones. */
import { formatPath, type Path, type Problem } from './problem.ts';
import type { Places, Tree } from './yaml-tree.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

const REFERENCE = /^os\.environ\/(.+)$/s;

/**
 * Settings lie at most this deep (`model_list[0].litellm_params.model`), and an empty one means "not set".
 * Below that, data is passed on to providers and guardrails, where null may mean something.
 */
const SETTINGS_DEPTH = 4;

/** The variable that a value refers to. */
export function referenceOf(value: unknown): string | undefined {
  return typeof value === 'string' ? REFERENCE.exec(value)?.[1]?.trim() : undefined;
}

/** Changes the tree in place, because its places are known by its very maps and lists. */
export function resolveReferences(tree: Tree, variables: Variables, places: Places, file: string): Problem[] {
  const problems: Problem[] = [];

  /** The value to keep, or undefined to leave the entry out. */
  const resolve = (container: object, key: string | number, value: unknown, path: Path): unknown => {
    if (value === null) return path.length <= SETTINGS_DEPTH ? undefined : null;
    if (typeof value === 'object') {
      visit(value, path);
      return value;
    }
    const variable = referenceOf(value);
    if (variable === undefined) return value;
    const found = variables[variable];
    if (found !== undefined && found !== '') {
      places.setVariable(container, key, variable);
      return found;
    }
    problems.push({
      kind: 'environment',
      ...places.locate(tree, path, file),
      path: formatPath(path),
      message: `the environment variable ${variable} is ${found === undefined ? 'not set' : 'empty'}, so this is left out`,
    });
    return undefined;
  };

  const visit = (container: object, path: Path): void => {
    if (Array.isArray(container)) {
      const kept: unknown[] = [];
      const origins: number[] = [];
      for (const [n, item] of container.entries()) {
        const value = resolve(container, n, item, [...path, n]);
        if (value === undefined) continue;
        kept.push(value);
        origins.push(n);
      }
      places.compact(container, origins);
      container.splice(0, container.length, ...kept);
      return;
    }
    const map = container as Tree;
    for (const key of Object.keys(map)) {
      const value = resolve(map, key, map[key], [...path, key]);
      if (value === undefined) delete map[key];
      else map[key] = value;
    }
  };

  visit(tree, []);
  return problems;
}
