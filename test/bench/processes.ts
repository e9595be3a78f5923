/** What a set of processes costs: CPU time and memory of whole process trees, read from Linux's /proc. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Clock ticks of /proc/<pid>/stat per second; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Often enough that a worker which exits mid-run is counted nearly whole, rare enough to cost nothing. */
const SAMPLE_INTERVAL_MS = 500;

type ProcessInfo = {
  readonly pid: number;
  /** Name of the program, at most 15 characters. */
  readonly name: string;
  readonly parent: number;
  readonly bornAtTicks: number;
  readonly cpuTicks: number;
};

const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process ended between the listing and the reading.
    return undefined;
  }
};

const readProcess = (pid: number): ProcessInfo | undefined => {
  const text = readText(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The name in parentheses may hold spaces; fields are counted from behind it (proc(5): state is field 3).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
  return { pid, name, parent: field(4), bornAtTicks: field(22), cpuTicks: field(14) + field(15) };
};

const listProcesses = (): ProcessInfo[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);

/** Which processes belong to a gateway: the trees below `pids`, and below every process that works in `folder` or is told of it. */
export type Family = { readonly pids: readonly number[]; readonly folder?: string };

const belongsTo = (pid: number, folder: string): boolean => {
  if (pid === process.pid) return false;
  if (readText(`/proc/${pid}/cmdline`)?.includes(folder) === true) return true;
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
  } catch {
    return false;
  }
};

/** The family's processes, eldest first. A service that the gateway detached from itself is found by its folder. */
export const familyOf = (family: Family): readonly ProcessInfo[] => {
  const all = listProcesses();
  const { folder, pids } = family;
  const members = new Set(
    all.flatMap(({ pid }) => (pids.includes(pid) || (folder !== undefined && belongsTo(pid, folder)) ? [pid] : [])),
  );
  for (let before = -1; before !== members.size;) {
    before = members.size;
    for (const { pid, parent } of all) if (members.has(parent)) members.add(pid);
  }
  return all.filter(({ pid }) => members.has(pid)).sort((a, b) => a.bornAtTicks - b.bornAtTicks);
};

/** Megabytes; shared pages are counted once (proportional set size), or Postgres would count its buffers per connection. */
export const memoryMb = (family: Family): number => {
  const kilobytes = familyOf(family).map(({ pid }) => {
    const rollup = readText(`/proc/${pid}/smaps_rollup`);
    return Number(/^Pss:\s+(\d+) kB/m.exec(rollup ?? '')?.[1] ?? 0);
  });
  return kilobytes.reduce((sum, value) => sum + value, 0) / 1_024;
};

/** Milliseconds of CPU, by the name of the program. */
export type CpuUse = ReadonlyMap<string, number>;

export const totalMs = (use: CpuUse): number => [...use.values()].reduce((sum, value) => sum + value, 0);

/** Counts CPU time from its creation on. */
export class CpuMeter {
  private readonly family: Family;
  private readonly seen = new Map<string, { readonly name: string; readonly firstTicks: number; lastTicks: number }>();
  private readonly timer: NodeJS.Timeout;

  constructor(family: Family) {
    this.family = family;
    for (const info of familyOf(family)) this.note(info, info.cpuTicks);
    this.timer = setInterval(() => this.sample(), SAMPLE_INTERVAL_MS);
    this.timer.unref();
  }

  /** What all members used since, those that ended included. */
  stop(): CpuUse {
    clearInterval(this.timer);
    this.sample();
    const use = new Map<string, number>();
    for (const { name, firstTicks, lastTicks } of this.seen.values()) {
      use.set(name, (use.get(name) ?? 0) + ((lastTicks - firstTicks) * 1_000) / TICKS_PER_SECOND);
    }
    return use;
  }

  private sample(): void {
    for (const info of familyOf(this.family)) this.note(info, 0);
  }

  private note({ pid, name, bornAtTicks, cpuTicks }: ProcessInfo, firstTicks: number): void {
    const key = `${pid}@${bornAtTicks}`;
    const known = this.seen.get(key);
    if (known === undefined) this.seen.set(key, { name, firstTicks, lastTicks: cpuTicks });
    else known.lastTicks = cpuTicks;
  }
}

/** False on systems without /proc, where the table shows dashes. */
export const canMeasureProcesses = process.platform === 'linux';
