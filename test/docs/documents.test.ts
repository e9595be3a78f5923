/** The documents say what the code says. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { fill, GENERATED } from '../../providers/documents.ts';
import packageJson from '../../package.json' with { type: 'json' };

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(ROOT + file, 'utf8');

describe('generated parts', () => {
  it.each(Object.entries(GENERATED))('of %s are fresh: run `npm run generate`', (file, blocks) => {
    expect(read(file)).toBe(fill(read(file), blocks));
  });
});

describe('CONTRIBUTING', () => {
  it.each(Object.keys(packageJson.dependencies))('says what %s spares us', (name) => {
    expect(read('CONTRIBUTING.md')).toMatch(new RegExp(`\\| [^|]*${name.replace('/', '\\/')}[ ,|]`));
  });
});

describe('every document', () => {
  const files = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];

  it.each(files)('%s names only files that exist', (file) => {
    const named = [
      ...read(file).matchAll(/`((?:api|workflows|activities|providers|test|bin)\/[\w./-]+\.(?:ts|js|json|sql))`/g),
    ].map((match) => match[1] ?? '');
    for (const path of named) expect(read(path).length).toBeGreaterThan(0);
  });

  it.each(files)('%s names only npm scripts that exist', (file) => {
    const named = [...read(file).matchAll(/npm run (\w+)/g)].map((match) => match[1] ?? '');
    expect(named.filter((name) => !Object.hasOwn(packageJson.scripts, name))).toEqual([]);
  });
});

describe('package-lock.json', () => {
  const lock = JSON.parse(read('package-lock.json')) as {
    packages: Record<
      string,
      {
        version?: string;
        resolved?: string;
        dependencies?: Record<string, string>;
        devDependencies?: Record<string, string>;
      }
    >;
  };

  it('is of the same dependencies as package.json, in exact versions', () => {
    expect(lock.packages['']?.dependencies).toEqual(packageJson.dependencies);
    expect(lock.packages['']?.devDependencies).toEqual(packageJson.devDependencies);
    const versions = Object.values({ ...packageJson.dependencies, ...packageJson.devDependencies });
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  it('names no registry: the one that is configured is used', () => {
    expect(Object.values(lock.packages).filter((entry) => entry.resolved !== undefined)).toEqual([]);
  });
});
