/**
 * Builds dist/: compiles, copies what is not TypeScript, bundles the workflows. dist/ is replaced as a whole, and only by a good build.
 * Does nothing when dist/ was built from exactly these sources, unless told to (`--force`).
 */
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ensureDependencies, isBuilt, ROOT, run, sourceStamp } from './setup.js';

/** Read at run time from beside the code that uses them. */
const ASSETS = /\.(sql|json)$/;

await ensureDependencies();
const stamp = sourceStamp();
if (isBuilt(stamp) && !process.argv.includes('--force')) process.exit();
const cache = join(ROOT, 'node_modules', '.cache');
await mkdir(cache, { recursive: true });
const draft = await mkdtemp(join(cache, 'holdfast-build-'));
try {
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  // All to their end, even when one fails: the draft is removed below, and nobody may still write into it then.
  const [compiled, ...others] = await Promise.allSettled([
    run(process.execPath, [tsc, '--outDir', draft]),
    copyAssets(),
  ]);
  for (const { reason } of [compiled, ...others].filter((each) => each.status === 'rejected')) throw reason;
  if (compiled.value !== 0) throw new Error('the TypeScript compiler found errors: dist/ stays as it was');
  await bundleWorkflows();
  // mkdtemp closes its folder to others; an image may run as another user than it was built by.
  await chmod(draft, 0o755);
  await writeFile(join(draft, '.stamp'), stamp);
  await replace(join(ROOT, 'dist'), draft);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await rm(draft, { recursive: true, force: true });
}

async function copyAssets() {
  for (const folder of ['activities', 'api', 'providers']) {
    for (const entry of await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !ASSETS.test(entry.name)) continue;
      const source = join(entry.parentPath, entry.name);
      const target = join(draft, source.slice(ROOT.length));
      await mkdir(dirname(target), { recursive: true });
      await cp(source, target);
    }
  }
}

/** The workflow code as one file, so that no process has to bundle it when it starts: that would cost each start over a second. */
async function bundleWorkflows() {
  const workflowsPath = join(ROOT, 'workflows', 'index.ts');
  if (!existsSync(workflowsPath)) return;
  const { bundleWorkflows: bundle } = await import(join(draft, 'activities', 'workflow-bundle.js'));
  const { code } = await bundle(workflowsPath);
  await mkdir(join(draft, 'workflows'), { recursive: true });
  await writeFile(join(draft, 'workflows', 'bundle.js'), code);
}

/**
 * Two renames: nobody ever sees half a dist/. Another build that does the same at the same time made the same files.
 * @param {string} target
 * @param {string} source
 */
async function replace(target, source) {
  const old = `${source}-old`;
  for (let tries = 0; ; tries++) {
    if (existsSync(target)) await rename(target, old).catch(ignoreMissing);
    try {
      await rename(source, target);
      break;
    } catch (error) {
      if (tries >= 20) throw error;
    } finally {
      await rm(old, { recursive: true, force: true });
    }
  }
}

/** @param {NodeJS.ErrnoException} error */
function ignoreMissing(error) {
  if (error.code !== 'ENOENT') throw error;
}
