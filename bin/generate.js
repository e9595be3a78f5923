/** Writes everything that is generated from the code. Prices have a command of their own, because they need the network. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

for (const name of ['generate-schema.js', 'generate-openapi.js', 'generate-docs.js']) {
  const script = fileURLToPath(new URL(name, import.meta.url));
  if (!existsSync(script)) continue;
  const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
