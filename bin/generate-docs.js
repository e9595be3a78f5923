/** Writes the generated parts of the documents, between their markers: `node bin/generate-docs.js`. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureBuild, ensureDependencies, ROOT } from './setup.js';

await ensureDependencies();
await ensureBuild();
const { GENERATED, fill } = await import('../dist/providers/documents.js');
for (const [file, blocks] of Object.entries(GENERATED)) {
  const path = join(ROOT, file);
  await writeFile(path, fill(await readFile(path, 'utf8'), blocks));
}
