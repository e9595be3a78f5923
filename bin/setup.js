/** What every command of a bare clone needs first: the dependencies of package-lock.json, and an up-to-date dist/. Node built-ins only. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The four code folders; dist/ mirrors them. */
const SOURCES = ['api', 'workflows', 'activities', 'providers'];
/** What else decides how dist/ looks. */
const BUILD_INPUTS = ['package.json', 'package-lock.json', 'tsconfig.json', 'bin/build.js'];

const STAMP = join(ROOT, 'dist', '.stamp');

/**
 * Runs a program with our output, no input, and resolves with its exit code.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>}
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], ...options });
    child.once('error', (error) => reject(new Error(`cannot run ${command}: ${error.message}`, { cause: error })));
    child.once('exit', (code, signal) => resolve(signal === null ? (code ?? 1) : 1));
  });
}

/** Installs what package-lock.json says, unless it is there. The lines go to stderr: stdout belongs to the command that was asked for. */
export async function ensureDependencies() {
  const missing = missingPackage();
  if (missing === undefined) return;
  console.error(`Installing dependencies (${missing}) …`);
  // NODE_ENV=production would leave out the compiler.
  const code = await run('npm', ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'], {
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (code !== 0) throw new Error(`npm ci failed with exit code ${code}: see its lines above`);
}

/** Compares with npm's own record of what it installed; undefined when nothing is missing. */
function missingPackage() {
  const record = join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return 'node_modules is missing';
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  for (const [path, { version, optional, link }] of Object.entries(wanted)) {
    if (path === '' || link === true) continue;
    const found = installed[path]?.version;
    // An optional package of another platform is left out, which is as it should be.
    if (found === undefined && optional === true) continue;
    if (found !== version)
      return `${path.replace(/^node_modules\//, '')} ${version} is ${found === undefined ? 'missing' : `there as ${found}`}`;
  }
  return undefined;
}

/** Builds dist/ unless it was built from exactly these sources. */
export async function ensureBuild() {
  if (isBuilt(sourceStamp())) return;
  console.error('Building …');
  const code = await run(process.execPath, [join(ROOT, 'bin', 'build.js')], { stdio: ['ignore', 2, 2] });
  if (code !== 0) throw new Error('the build failed: see its lines above');
}

/** @param {string} stamp */
export function isBuilt(stamp) {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp;
}

/** Obtains Temporal's CLI, which may be built for minutes: tests have deadlines, and must not wait for it. Nothing to do when it is there. */
export async function ensureTemporal() {
  const [{ findTemporalCli }, { createLogger }] = await Promise.all([
    import(new URL('../dist/activities/embedded/temporal-cli.js', import.meta.url).href),
    import(new URL('../dist/activities/telemetry/logger.js', import.meta.url).href),
  ]);
  const log = createLogger({ level: 'info', pretty: true });
  await findTemporalCli({ env: process.env, log, home: join(ROOT, '.holdfast') });
}

/** A hash of everything dist/ is made from. By content: a fresh clone, a copy and a container layer differ in times only. */
export function sourceStamp() {
  const hash = createHash('sha256');
  for (const file of [
    ...BUILD_INPUTS.map((name) => join(ROOT, name)),
    ...SOURCES.flatMap((name) => filesIn(join(ROOT, name))),
  ]) {
    hash
      .update(`${relative(ROOT, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

/**
 * All files below a folder, in a fixed order.
 * @param {string} folder
 * @returns {string[]}
 */
function filesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.name === 'node_modules') return [];
      return entry.isDirectory() ? filesIn(join(folder, entry.name)) : [join(folder, entry.name)];
    });
}

/** True in a checkout, false in an installed package, which has no sources and brings dist/ along. */
export function isCheckout() {
  return existsSync(join(ROOT, 'tsconfig.json')) && existsSync(join(ROOT, 'api'));
}
