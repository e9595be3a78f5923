/** The project's files and what each imports: what the tests of architecture and documents read. By regular expressions, without a compiler. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** From left to right: an import may only point right. */
export const LAYERS = ['api', 'workflows', 'activities', 'providers'] as const;

export type Import = {
  /** The path of an own file, from the project's root; undefined for a package. */
  readonly file?: string;
  /** The name of a package, `node:` included; undefined for an own file. */
  readonly packageName?: string;
  /** Nothing of it is left when types are removed. */
  readonly typeOnly: boolean;
};

export type Source = {
  /** From the project's root. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
};

/** `import … from '…'`, `export … from '…'`, `import '…'` at the start of a line, and `import('…')` anywhere. */
const STATEMENT =
  /^(?:import|export)\s+(type\s+)?(?:([^'";]*?)\s+from\s+)?'([^']+)'|(typeof\s+)?\bimport\(\s*'([^']+)'\s*\)/gm;

/** Files below a folder whose names end so, in the order of their paths. */
export function filesIn(folder: string, ending: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !name.includes('node_modules'))
    .map((name) => join(folder, name).replaceAll('\\', '/'))
    .toSorted();
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export function sourcesOf(folders: readonly string[]): readonly Source[] {
  return folders
    .flatMap((folder) => filesIn(folder, '.ts'))
    .filter((path) => !path.startsWith('api/dashboard/'))
    .map((path) => {
      const text = readText(path);
      return { path, text, imports: importsOf(path, text) };
    });
}

export function importsOf(path: string, text: string): readonly Import[] {
  return [...text.matchAll(STATEMENT)].map(([, type, names, specifier, typeOf, dynamic]): Import => {
    const target = specifier ?? dynamic ?? '';
    const typeOnly = type !== undefined || typeOf !== undefined || hasOnlyTypes(names);
    if (target.startsWith('.')) return { file: normalize(join(dirname(path), target)).replaceAll('\\', '/'), typeOnly };
    return { packageName: packageOf(target), typeOnly };
  });
}

/** `{ type A, type B }` imports nothing; so does every name alone that says `type`. */
function hasOnlyTypes(names: string | undefined): boolean {
  const inside = /^\{([^}]*)\}$/.exec(names?.trim() ?? '')?.[1];
  const listed = inside?.split(',').map((name) => name.trim()) ?? [];
  return listed.some((name) => name !== '') && listed.every((name) => name === '' || name.startsWith('type '));
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
