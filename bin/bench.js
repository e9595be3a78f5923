/** `npm run bench`: builds what is measured, then measures it beside the other gateways. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const steps = [
  ...(existsSync(`${root}/node_modules`) ? [] : [['npm', ['ci', '--no-audit', '--no-fund']]]),
  [process.execPath, ['bin/build.js']],
  [process.execPath, ['--import', 'tsx', 'test/bench/main.ts', ...process.argv.slice(2)]],
];

for (const [command, args] of steps) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
