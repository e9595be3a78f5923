/** The table says what was asked and whether it was reached, and never invents a figure. */
import { describe, expect, it } from '@jest/globals';
import type { Measurement } from './measurement.ts';
import { parseOptions } from './options.ts';
import { formatTable, type Row } from './table.ts';

const options = parseOptions([], ['direct']);

const measurement = (addedP50Ms: number, requestsPerSecond: number): Measurement => ({
  latency: { addedP50Ms, addedP99Ms: 9 },
  streaming: { addedFirstChunkP50Ms: 4, hopP50Ms: 0.4 },
  throughput: {
    requestsPerSecond,
    completed: 100,
    p50Ms: 50,
    p99Ms: 90,
    settleMs: 12,
    cpuMsPerRequest: 1.5,
    cpuByProgram: [{ program: 'node', msPerRequest: 1.5 }],
    memoryMb: 300,
    upstreamLoad: 0.1,
    generatorLoad: 0.2,
  },
  failed: 0,
});

const line = (text: string, start: string): string =>
  text.split('\n').find((each) => each.trim().startsWith(start) && !each.includes('chunk hop')) ?? '';

describe('the table', () => {
  const rows: readonly Row[] = [
    { id: 'litellm', name: 'LiteLLM', measured: measurement(12, 130) },
    { id: 'portkey', name: 'Portkey', skipped: 'npm could not install it' },
    { id: 'holdfast', name: 'Holdfast', measured: measurement(4, 2_000) },
  ];
  const text = formatTable(rows, options);

  it('says of each asked figure whether it was reached', () => {
    expect(line(text, 'added p50 ')).toMatch(/4\.0 ms +asked ≤ 5\.0 ms +ratio +0\.80 +yes$/);
    expect(line(text, "requests/s above LiteLLM's")).toMatch(/2,000 +asked ≥ 130 +ratio +15\.38 +yes$/);
  });

  it('says no when a figure was missed', () => {
    const missed = formatTable([{ id: 'holdfast', name: 'Holdfast', measured: measurement(7, 900) }], options);
    expect(line(missed, 'added p50 ')).toMatch(/NO$/);
    expect(line(missed, 'requests/s   ')).toMatch(/NO$/);
  });

  it('gives the reason of a skipped row and compares nothing with it', () => {
    expect(line(text, 'Portkey ')).toContain('skipped: npm could not install it');
    expect(line(text, "requests/s above Portkey's")).toMatch(/not measured$/);
  });
});
