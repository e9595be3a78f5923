/** The lockfile: what package.json says, exactly, and from whatever registry the installer uses. */
import { describe, expect, it } from '@jest/globals';
import { readText } from './docs/sources.ts';

type Lists = {
  readonly name: string;
  readonly version: string;
  readonly engines?: { readonly node?: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

type Locked = Partial<Lists> & { readonly resolved?: string; readonly integrity?: string; readonly link?: boolean };

const manifest = JSON.parse(readText('package.json')) as Lists;
const lock = JSON.parse(readText('package-lock.json')) as {
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, Locked>>;
};

const LISTS = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;
const wanted = Object.entries(Object.assign({}, ...LISTS.map((list) => manifest[list])) as Record<string, string>);
const installed = Object.entries(lock.packages).filter(([path]) => path !== '');

describe('package.json', () => {
  it('names exact versions, so that an install of today and one of next year are the same', () => {
    expect(wanted.length).toBeGreaterThan(20);
    expect(wanted.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });
});

describe('package-lock.json', () => {
  it('says what package.json says', () => {
    const root = lock.packages[''];
    expect(root).toMatchObject({ name: manifest.name, version: manifest.version });
    expect(root?.engines).toEqual(manifest.engines);
    for (const list of LISTS) expect(root?.[list] ?? {}).toEqual(manifest[list] ?? {});
  });

  it('holds each direct dependency in the version asked for', () => {
    const other = wanted.filter(([name, version]) => lock.packages[`node_modules/${name}`]?.version !== version);
    expect(other).toEqual([]);
  });

  it('names no registry: npm ci takes the one it is configured for', () => {
    expect(installed.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
    expect(readText('package-lock.json')).not.toMatch(/https?:\/\/[^"]*\.tgz/);
  });

  it('has a checksum for every package, so that no registry can give another content', () => {
    const without = installed.filter(([, { integrity, link }]) => link !== true && integrity === undefined);
    expect(without.map(([path]) => path)).toEqual([]);
    expect(installed.length).toBeGreaterThan(200);
  });
});
