/** `npm run faults`: builds the product, then breaks it and checks what it promises. Arguments are the campaign's (`npm run faults -- --help`). */
import { join } from 'node:path';
import { ensureBuild, ensureDependencies, ROOT, run } from './setup.js';

try {
  await ensureDependencies();
  await ensureBuild();
  const main = join(ROOT, 'test', 'faults', 'main.ts');
  process.exitCode = await run(process.execPath, ['--import', 'tsx', main, ...process.argv.slice(2)]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
