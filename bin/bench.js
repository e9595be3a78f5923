/** `npm run bench`: builds what is measured, then measures it beside the other gateways. Arguments are the bench's (`npm run bench -- --help`). */
import { join } from 'node:path';
import { ensureBuild, ensureDependencies, ROOT, run } from './setup.js';

try {
  await ensureDependencies();
  await ensureBuild();
  const main = join(ROOT, 'test', 'bench', 'main.ts');
  process.exitCode = await run(process.execPath, ['--import', 'tsx', main, ...process.argv.slice(2)]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
