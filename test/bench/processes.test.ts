/** The cost of a gateway is the cost of all its processes, those that ended meanwhile included. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { canMeasureProcesses, CpuMeter, familyOf, memoryMb, totalMs } from './processes.ts';

/** Burns CPU until it has used 400 ms, says so, and ends when its standard input does. */
const BURN = `
  while (process.cpuUsage().user < 400_000);
  console.log('done');
  process.stdin.resume();
`;

const start = (script: string, cwd?: string): ChildProcess =>
  spawn(process.execPath, ['-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
    ...(cwd === undefined ? {} : { cwd }),
  });

const end = async (child: ChildProcess): Promise<void> => {
  child.stdin?.end();
  if (child.exitCode === null) await once(child, 'exit');
};

const onLinux = (): void => {
  let folder: string;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bench-processes-'));
  });

  afterEach(async () => {
    await Promise.all(children.splice(0).map(end));
    rmSync(folder, { recursive: true, force: true });
  });

  it('counts the CPU time of a child of a child', async () => {
    const parent = start(
      `const c = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(BURN)}], { stdio: 'inherit' });
       c.on('exit', () => process.exit());`,
    );
    children.push(parent);
    const meter = new CpuMeter({ pids: [parent.pid ?? 0] });
    if (parent.stdout !== null) await once(parent.stdout, 'data');
    expect(totalMs(meter.stop())).toBeGreaterThan(350);
  });

  it('does not count what was used before it started', async () => {
    const child = start(BURN);
    children.push(child);
    if (child.stdout !== null) await once(child.stdout, 'data');
    expect(totalMs(new CpuMeter({ pids: [child.pid ?? 0] }).stop())).toBeLessThan(200);
  });

  it('finds a detached service by the folder it works in', async () => {
    const child = start(`console.log('up'); process.stdin.resume();`, folder);
    children.push(child);
    if (child.stdout !== null) await once(child.stdout, 'data');
    expect(familyOf({ pids: [], folder }).map(({ pid }) => pid)).toEqual([child.pid]);
    expect(memoryMb({ pids: [], folder })).toBeGreaterThan(5);
  });
};

if (canMeasureProcesses) describe('measuring processes', onLinux);
else it('says that this system has no /proc to read', () => expect(process.platform).not.toBe('linux'));
