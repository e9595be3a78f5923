/** `npm start`: from a bare clone to a running gateway. Arguments are the gateway's (`npm start -- --help`). */
import { ensureBuild, ensureDependencies } from './setup.js';

try {
  await ensureDependencies();
  await ensureBuild();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
await import('../dist/api/main.js');
