/** A headless Chromium for tests that look at pages as people do; installed where the run may do that, never silently left out. */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, Frame, Page } from 'playwright-core';
import { findOnPath } from '../../activities/embedded/executable.ts';
import { tryLock } from '../../activities/embedded/lock.ts';
import { addEvidence } from './evidence.ts';
import { waitFor } from './wait.ts';

export type Machine = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Only root may install packages. */
  readonly root: boolean;
};

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'] as const;

/** Without a sandbox because CI runs as root; the rest keeps it from talking to anybody but the page's server. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const APT_OPTIONS = ['-y', '-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Lock::Timeout=300'];

/** A slow mirror needs minutes for 100 MB; for the `beforeAll` of a file that opens a browser, milliseconds. */
export const BROWSER_WITHIN_MS = 590_000;

/** Opens it; `args` are added to the usual flags. Errors: there is none and it may not be installed here, in words that say how to get one. */
export async function openBrowser(args: readonly string[] = []): Promise<Browser> {
  const machine = { env: process.env, root: process.getuid?.() === 0 };
  return chromium.launch({ executablePath: await obtainBrowser(machine), args: [...FLAGS, ...args] });
}

/** The path of a browser that is here, or that has just been installed. */
export async function obtainBrowser(machine: Machine): Promise<string> {
  const here = await locate(machine);
  if (here !== undefined) return here;
  const aptGet = await findOnPath('apt-get', machine.env);
  if (machine.env['CI'] !== 'true' || !machine.root || aptGet === undefined) {
    throw new Error(
      `These tests need a browser, and none of ${NAMES.join(', ')} is on PATH. Install one (Debian: apt-get install chromium); ` +
        'with CI=true, as root, where apt-get is available, that is done by itself.',
    );
  }
  // Several test files may want it at once, and apt-get refuses to run twice.
  const lock = await waitFor(
    'another process to install the browser',
    async () => {
      const taken = await tryLock(join(machine.env['TMPDIR'] ?? tmpdir(), 'holdfast-browser.lock'));
      return 'release' in taken && taken;
    },
    { forMs: BROWSER_WITHIN_MS, everyMs: 250 },
  );
  try {
    const meanwhile = await locate(machine);
    if (meanwhile !== undefined) return meanwhile;
    await runVisibly(aptGet, ['update', ...APT_OPTIONS], machine);
    await runVisibly(aptGet, ['install', '--no-install-recommends', ...APT_OPTIONS, 'chromium'], machine);
  } finally {
    await lock.release();
  }
  const installed = await locate(machine);
  if (installed === undefined)
    throw new Error(`apt-get installed chromium, but none of ${NAMES.join(', ')} is on PATH.`);
  return installed;
}

async function locate({ env }: Machine): Promise<string | undefined> {
  for (const name of NAMES) {
    const file = await findOnPath(name, env);
    if (file !== undefined) return file;
  }
  return undefined;
}

/** Its lines go to stderr as they come: a download of minutes must not look like a hanging test. */
async function runVisibly(command: string, args: readonly string[], { env }: Machine): Promise<void> {
  process.stderr.write(`${command} ${args.join(' ')}\n`);
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: BROWSER_WITHIN_MS,
  });
  let said = '';
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (text: Buffer) => {
      said = (said + text.toString()).slice(-2_000);
      process.stderr.write(text);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${command} ${args[0] ?? ''} ended with ${code}:\n${said}`);
}

/** Waits until the page, with all that it frames, shows each of these texts; white space does not matter. */
export async function shows(page: Page, texts: readonly string[]): Promise<void> {
  await waitFor(`${page.url()} to show what it should`, async () => {
    const shown = (await Promise.all(page.frames().map(textOf))).join('\n');
    const missing = texts.filter((text) => !flat(shown).includes(flat(text)));
    if (missing.length > 0) throw new Error(`not shown: ${JSON.stringify(missing)}; shown: ${flat(shown)}`);
    return true;
  });
}

async function textOf(frame: Frame): Promise<string> {
  // A frame that is being replaced has no text yet: the next look finds its successor.
  return frame.evaluate(() => document.body?.innerText ?? '').catch(() => '');
}

function flat(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Keeps a picture of the whole page, in HOLDFAST_SCREENSHOTS or the temporary folder; a failing test of the file names it. */
export async function screenshot(page: Page, name: string): Promise<string> {
  const folder = process.env['HOLDFAST_SCREENSHOTS'] ?? join(tmpdir(), 'holdfast-screenshots');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path, fullPage: true });
  addEvidence(`screenshot ${path}`);
  return path;
}
