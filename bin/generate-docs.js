/** Writes the generated tables of README.md, ARCHITECTURE.md and PROVIDERS.md. `node bin/generate-docs.js` */
import { readFile, writeFile } from 'node:fs/promises';
import { register } from 'tsx/esm/api';

const unregister = register();
const { createBlocks, DOCUMENTS, withBlocks } = await import('../test/docs/blocks.ts');
const blocks = await createBlocks();
for (const name of DOCUMENTS) {
  const file = new URL(`../${name}`, import.meta.url);
  await writeFile(file, withBlocks(await readFile(file, 'utf8'), blocks));
}
await unregister();
