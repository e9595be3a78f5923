/** `npm test`: check, tests, fault campaign; the last line is the total. With arguments: only the tests they name (`npm test -- test/api`). */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuild, ensureDependencies, ensureTemporal, ROOT, run } from './setup.js';

/** @typedef {{ passed: number, failed: number }} Count */

const args = process.argv.slice(2);
const counts = await main().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  return [{ passed: 0, failed: 1 }];
});
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
if (passed + failed === 0) console.error('No test ran.');
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
process.stdout.write(`${passed} passed, ${failed} failed\n`);

/** @returns {Promise<Count[]>} */
async function main() {
  await ensureDependencies();
  await ensureBuild();
  await ensureTemporal();
  if (args.length > 0) return [await runJest()];
  return [await check(), await runJest(), await runCampaign()];
}

/** Each check that fails counts as one failure; those that hold are no tests and count nothing. */
async function check() {
  const modules = join(ROOT, 'node_modules');
  const checks = {
    types: [join(modules, 'typescript', 'bin', 'tsc'), '--noEmit', '-p', 'test'],
    lint: [join(modules, 'oxlint', 'bin', 'oxlint'), '--type-aware', '--deny-warnings'],
    format: [join(modules, 'prettier', 'bin', 'prettier.cjs'), '--check', '--log-level', 'warn', '.'],
  };
  let failed = 0;
  for (const [name, command] of Object.entries(checks)) {
    const code = await run(process.execPath, command);
    console.error(`${code === 0 ? 'ok  ' : 'FAIL'} ${name}`);
    if (code !== 0) failed++;
  }
  return { passed: 0, failed };
}

/** @returns {Promise<Count>} */
async function runJest() {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
  const output = join(folder, 'results.json');
  try {
    const jest = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
    const code = await run(
      process.execPath,
      ['--experimental-vm-modules', '--no-warnings', jest, '--json', '--outputFile', output, ...args],
      {
        // --json prints the report on stdout as well; people read the progress on stderr.
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    if (!existsSync(output)) return { passed: 0, failed: 1 };
    const report = JSON.parse(await readFile(output, 'utf8'));
    const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
    // A global tear-down that fails, or an open obsolete snapshot, shows in the exit code alone.
    return {
      passed: report.numPassedTests,
      failed: failed === 0 && code !== 0 && report.numTotalTests > 0 ? 1 : failed,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The short campaign prints a count of its own as its last line. */
async function runCampaign() {
  const campaign = join(ROOT, 'bin', 'faults.js');
  if (!existsSync(campaign)) return { passed: 0, failed: 0 };
  const child = spawn(process.execPath, [campaign, '--short'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  let tail = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (/** @type {string} */ text) => {
    process.stdout.write(text);
    tail = (tail + text).slice(-2_000);
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  const [, passedRows, failedRows] = /(\d+) passed, (\d+) failed\s*$/.exec(tail) ?? [];
  const failed = Number(failedRows ?? 1);
  return { passed: Number(passedRows ?? 0), failed: failed === 0 && code !== 0 ? 1 : failed };
}
