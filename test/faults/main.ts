/** The fault campaign: every row on a stage of its own, judged by the same laws; one table, and a count as the last line. */
import { check, unseen } from './check.ts';
import type { Verdict } from './check.ts';
import { parseOptions } from './options.ts';
import { ROWS } from './rows.ts';
import type { Row } from './row.ts';
import { openStage } from './stage.ts';
import { headLine, rowLine } from './table.ts';
import { openWorld } from './world.ts';
import type { World } from './world.ts';

const options = parseOptions(process.argv.slice(2));
const rows = ROWS.filter((row) => row.name.includes(options.only ?? ''));

/** How many broken laws of one row are printed; the rest is the same again. */
const SHOWN = 12;

let passed = 0;
let failed = 0;

async function play(world: World, row: Row, seed: number): Promise<void> {
  let verdict: Partial<Verdict> = {};
  let broken: readonly string[];
  try {
    const stage = await openStage(world, row.name, seed);
    try {
      await row.run(stage);
      verdict = row.breaks === undefined ? await check(stage) : { broken: await unseen(stage, row.breaks) };
      broken = verdict.broken ?? [];
    } finally {
      await stage.close();
    }
  } catch (error) {
    broken = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
  if (broken.length === 0) passed += 1;
  else failed += 1;
  console.log(rowLine(row.name, broken.length === 0, verdict.figures));
  if (broken.length === 0) return;
  for (const line of broken.slice(0, SHOWN)) console.log(`       ${line}`);
  if (broken.length > SHOWN) console.log(`       … and ${broken.length - SHOWN} more`);
  console.log(`       again: npm run faults -- --seed ${seed} --only '${row.name}'`);
  console.log(`       kept:  ${world.home}`);
}

/** Some rows at a time; they spend most of theirs waiting for leases and restarts. */
async function playAll(world: World, all: readonly Row[], seed: number, jobs: number): Promise<void> {
  const queue = [...all];
  const work = async (): Promise<void> => {
    for (let row = queue.shift(); row !== undefined; row = queue.shift()) await play(world, row, seed);
  };
  await Promise.all(Array.from({ length: jobs }, work));
}

const began = performance.now();
const world = await openWorld();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void world.close({ keep: false }).finally(() => process.exit(130)));
}
for (let campaign = 0; campaign < options.campaigns; campaign += 1) {
  const seed = options.seed + campaign;
  console.log(`seed ${seed}\n${headLine()}`);
  await playAll(
    world,
    rows.filter((row) => row.exclusive !== true),
    seed,
    options.jobs,
  );
  await playAll(
    world,
    rows.filter((row) => row.exclusive === true),
    seed,
    1,
  );
}
await world.close({ keep: options.keep || failed > 0 });
if (options.keep) console.log(`kept: ${world.home}`);
if (passed + failed === 0) console.log(`no row's name holds '${options.only}'`);
console.log(`${Math.round((performance.now() - began) / 1_000)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
