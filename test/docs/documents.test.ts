/** The documents say what the code says. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { loadConfig } from '../../activities/config/load.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { catalog } from '../../providers/catalog.ts';
import { createBlocks, DOCUMENTS, withBlocks } from './blocks.ts';
import { evidence } from './evidence.ts';
import { LAYERS, readText, ROOT } from './sources.ts';

const files = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'PROVIDERS.md', 'SECURITY.md', 'CHANGELOG.md'];

describe('generated tables', () => {
  it.each(DOCUMENTS)('of %s are fresh: run `npm run generate`', async (file) => {
    const blocks = await createBlocks();
    expect(readText(file)).toBe(withBlocks(readText(file), blocks));
  });

  it('stand all in some document', async () => {
    const text = DOCUMENTS.map(readText).join('\n');
    for (const name of Object.keys(await createBlocks())) expect(text).toContain(`<!-- ${name}:start -->`);
  });

  it('refuse a marker that nothing fills', () => {
    expect(() => withBlocks('<!-- nothing:start --><!-- nothing:end -->', {})).toThrow('no block');
  });

  it('claim for a provider no more than its tests show', async () => {
    const known = await evidence();
    expect(known.get('groq')).toMatchObject({ Chat: 'recorded', Tools: 'recorded', Embeddings: 'no' });
    expect(known.get('cerebras')).toMatchObject({ Chat: 'recorded', Tools: 'untested' });
    expect(known.get('azure')).toMatchObject({ Chat: 'recorded', Stream: 'documented' });
    expect(known.get('anyscale')).toMatchObject({ Chat: 'untested', Stream: 'untested' });
    expect(known.get('codestral')?.['Chat']).not.toBe('recorded');
    expect(known.get('sagemaker')?.['Tools']).toBe('no');
    expect(new Set(known.keys())).toEqual(new Set(Object.keys(catalog)));
  });
});

describe('CONTRIBUTING', () => {
  it('says what each dependency spares us', () => {
    const names = [...Object.keys(packageJson.dependencies), ...Object.keys(packageJson.devDependencies)];
    const rows = readText('CONTRIBUTING.md').match(/^\| [^|]*/gm) ?? [];
    const told = new Set(rows.flatMap((cell) => cell.slice(2).trim().split(/,\s*/)));
    expect(names.filter((name) => !told.has(name))).toEqual([]);
  });
});

describe('ARCHITECTURE', () => {
  it.each(LAYERS)('has a paragraph for %s/', (layer) => {
    expect(readText('ARCHITECTURE.md')).toContain(`**${layer}/**`);
  });
});

describe('the configuration in the README', () => {
  it('is one that the gateway takes, without a warning', () => {
    const yaml = /```yaml\n([\s\S]*?)```/.exec(readText('README.md'))?.[1] ?? '';
    expect(Object.keys(parse(yaml) as object)).toContain('model_list');
    const path = join(ROOT, 'node_modules', '.cache', 'readme-example.yaml');
    const env = Object.fromEntries([...yaml.matchAll(/os\.environ\/(\w+)/g)].map(([, name]) => [name, valueOf(name)]));
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, yaml);
    expect(loadConfig({ path, env })).toMatchObject({ ok: true, warnings: [] });
  });
});

function valueOf(name: string | undefined): string {
  if (name === 'DATABASE_URL') return 'postgresql://holdfast@localhost/holdfast';
  return name?.endsWith('_BASE') === true ? 'https://example.openai.azure.com' : 'sk-0123456789abcdefghijklmn';
}

describe('every document', () => {
  it.each(files)('%s names only files and folders that exist', (file) => {
    const named = [
      ...readText(file).matchAll(/`((?:api|workflows|activities|providers|test|bin|deploy)\/[\w./-]*)`/g),
    ].map(([, path]) => path ?? '');
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it.each(files)('%s links only to documents, and to headings of theirs, that exist', (file) => {
    const links = [...readText(file).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)];
    for (const [, path = '', heading] of links) {
      const target = path === '' ? file : path;
      expect(existsSync(join(ROOT, target))).toBe(true);
      if (heading === undefined) continue;
      const headings = [...readText(target).matchAll(/^#+ (.+)$/gm)].map(([, text]) =>
        (text ?? '').toLowerCase().replaceAll(' ', '-'),
      );
      expect(headings).toContain(heading);
    }
  });

  it.each(files)('%s names only npm scripts that exist', (file) => {
    const named = [...readText(file).matchAll(/npm run (\w+)/g)].map((match) => match[1] ?? '');
    expect(named.filter((name) => !Object.hasOwn(packageJson.scripts, name))).toEqual([]);
  });
});
