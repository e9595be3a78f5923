/** How each provider's translation is known to be right: read from the tests themselves, so that no table can claim more than they prove. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { catalog } from '../../providers/catalog.ts';
import { filesIn, importsOf, readText, ROOT } from './sources.ts';

/**
 * - `recorded`: tests translate answers that were recorded from it.
 * - `documented`: tests translate answers made after its documentation.
 * - `untested`: only what all providers of its protocol share is tested.
 */
export type Evidence = 'recorded' | 'documented' | 'untested' | 'built in';

export async function evidence(): Promise<ReadonlyMap<string, Evidence>> {
  const modules = await moduleOfProviders();
  const recorded = recordings();
  return new Map(
    Object.keys(catalog).map((id) => {
      const module = modules.get(id) ?? '';
      if (id === 'mock') return [id, 'built in'];
      // A recording of one provider proves nothing of another one that the same module makes.
      if (recorded.has(id) || (recorded.has(module) && catalog[module] === undefined)) return [id, 'recorded'];
      return [id, hasTests(module) ? 'documented' : 'untested'];
    }),
  );
}

/** Folder of `providers/`, or file without its ending, that makes each provider of the catalog. */
async function moduleOfProviders(): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const { file } of importsOf('providers/catalog.ts', readText('providers/catalog.ts'))) {
    if (file === undefined || file === 'providers/provider.ts') continue;
    const module = file.split('/')[1]?.replace('.ts', '') ?? '';
    const exported = (await import(pathToFileURL(join(ROOT, file)).href)) as Record<string, unknown>;
    for (const value of Object.values(exported).flat()) {
      const provider = Object.values(catalog).find((candidate) => candidate === value);
      if (provider !== undefined) found.set(provider.id, module);
    }
  }
  return found;
}

/** Ids of providers, and modules, that tests with recordings name: rows `['groq', 'groq/answer.json', …]`, paths `${recorded}/ollama/…`. */
function recordings(): ReadonlySet<string> {
  const texts = filesIn('test/providers', '.test.ts')
    .map(readText)
    .filter((text) => text.includes('HOLDFAST_FIXTURES'));
  const rows = texts.flatMap((text) => [...text.matchAll(/\['([\w-]+)', '[\w-]+\/[^']+\.\w+'/g)]);
  const paths = texts.flatMap((text) => [...text.matchAll(/\$\{recorded\}\/([\w-]+)\//g)]);
  return new Set([...rows, ...paths].map(([, name]) => name ?? ''));
}

function hasTests(module: string): boolean {
  return (
    module !== '' &&
    (existsSync(join(ROOT, 'test/fixtures', module)) || existsSync(join(ROOT, 'test/providers', module)))
  );
}
