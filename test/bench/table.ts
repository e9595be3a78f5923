/** The bench's one table: figures, how they compare, and what is asked of Holdfast. */
import type { Measurement } from './measurement.ts';
import type { Options } from './options.ts';

/** A gateway's result, or in one sentence why there is none. */
export type Row =
  | { readonly id: string; readonly name: string; readonly measured: Measurement }
  | { readonly id: string; readonly name: string; readonly skipped: string };

const COLUMNS = [
  '',
  'added p50',
  'added p99',
  'added TTFT',
  'chunk hop',
  'requests/s',
  'p50 there',
  'CPU-ms/req',
  'memory',
  'workflows',
];

const number = (value: number | undefined, digits: number, unit: string): string =>
  value === undefined || Number.isNaN(value)
    ? '–'
    : `${value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}${unit}`;

const cells = (row: Row): readonly string[] => {
  if ('skipped' in row) return [row.name, `skipped: ${row.skipped}`];
  const { latency, streaming, throughput } = row.measured;
  // Without a gateway there is nothing whose cost could be told.
  const isGateway = latency !== undefined;
  return [
    row.name,
    number(latency?.addedP50Ms, 1, ' ms'),
    number(latency?.addedP99Ms, 1, ' ms'),
    number(streaming?.addedFirstChunkP50Ms, 1, ' ms'),
    number(streaming?.hopP50Ms, 1, ' ms'),
    number(throughput.requestsPerSecond, 0, ''),
    number(throughput.p50Ms, 0, ' ms'),
    number(isGateway ? throughput.cpuMsPerRequest : undefined, 2, ''),
    number(isGateway ? throughput.memoryMb : undefined, 0, ' MB'),
    number(throughput.ledger?.workflows, 0, ''),
  ];
};

/** Columns of equal width; a skipped row's reason runs over them. */
const align = (rows: readonly (readonly string[])[]): string => {
  const full = rows.filter((row) => row.length > 2);
  const widths = COLUMNS.map((_, column) =>
    Math.max(...(column === 0 ? rows : full).map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          if (column === 0) return cell.padEnd(widths[0] ?? 0);
          return row.length > 2 ? cell.padStart(widths[column] ?? 0) : cell;
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

type Ask = {
  readonly what: string;
  readonly value: number | undefined;
  readonly limit: number;
  readonly most: boolean;
  readonly unit: string;
};

const verdict = (ask: Ask): string => {
  if (ask.value === undefined || Number.isNaN(ask.value) || Number.isNaN(ask.limit)) return 'not measured';
  return (ask.most ? ask.value <= ask.limit : ask.value >= ask.limit) ? 'yes' : 'NO';
};

const asks = (row: Row & { measured: Measurement }, rows: readonly Row[]): readonly Ask[] => {
  const peer = (id: string): Measurement | undefined => {
    const found = rows.find((each) => each.id === id);
    return found !== undefined && 'measured' in found ? found.measured : undefined;
  };
  const { latency, streaming, throughput } = row.measured;
  const p50 = latency?.addedP50Ms;
  const perSecond = throughput.requestsPerSecond;
  const unknown = Number.NaN;
  return [
    { what: 'added p50', value: p50, limit: 5, most: true, unit: ' ms' },
    {
      what: "added p50 below LiteLLM's",
      value: p50,
      limit: peer('litellm')?.latency?.addedP50Ms ?? unknown,
      most: true,
      unit: ' ms',
    },
    { what: 'added TTFT', value: streaming?.addedFirstChunkP50Ms, limit: 5, most: true, unit: ' ms' },
    { what: 'requests/s', value: perSecond, limit: 1_200, most: false, unit: '' },
    {
      what: "requests/s above Portkey's",
      value: perSecond,
      limit: peer('portkey')?.throughput.requestsPerSecond ?? unknown,
      most: false,
      unit: '',
    },
    {
      what: "requests/s above LiteLLM's",
      value: perSecond,
      limit: peer('litellm')?.throughput.requestsPerSecond ?? unknown,
      most: false,
      unit: '',
    },
    { what: 'CPU-ms per request', value: throughput.cpuMsPerRequest, limit: 2, most: true, unit: '' },
  ];
};

const askLines = (row: Row & { measured: Measurement }, rows: readonly Row[]): readonly string[] =>
  asks(row, rows).map((ask) => {
    const digits = ask.most ? 1 : 0;
    const ratio = ask.value === undefined ? Number.NaN : ask.value / ask.limit;
    const limit = `${ask.most ? '≤' : '≥'} ${number(ask.limit, digits, ask.unit)}`;
    return `  ${ask.what.padEnd(28)} ${number(ask.value, digits, ask.unit).padStart(9)}  asked ${limit.padEnd(12)} ratio ${number(ratio, 2, '').padStart(6)}  ${verdict(ask)}`;
  });

const notes = (row: Row): readonly string[] => {
  if ('skipped' in row) return [];
  const { measured } = row;
  const { cpuByProgram, ledger, completed, settleMs, upstreamLoad, generatorLoad } = measured.throughput;
  const lines: string[] = [];
  if (ledger !== undefined) {
    lines.push(
      `${completed.toLocaleString('en-US')} answered, ${ledger.completed.toLocaleString('en-US')} completed in the ledger, ` +
        `${ledger.unacknowledged} without an acknowledged workflow; all settled ${settleMs.toFixed(0)} ms after the last answer`,
    );
  }
  if (cpuByProgram.length > 1) {
    const shares = cpuByProgram.toSorted((a, b) => b.msPerRequest - a.msPerRequest);
    lines.push(
      `CPU-ms per request: ${shares.map(({ program, msPerRequest }) => `${program} ${msPerRequest.toFixed(2)}`).join(', ')}`,
    );
  }
  if (measured.failed > 0)
    lines.push(`${measured.failed} requests failed, the first: ${measured.firstFailure ?? 'unknown'}`);
  if (upstreamLoad > 0.8)
    lines.push(`the fake provider used ${(upstreamLoad * 100).toFixed(0)} % of a core: it may be the bottleneck`);
  if (generatorLoad > 0.8)
    lines.push(`the load generator used ${(generatorLoad * 100).toFixed(0)} % of a core: it may be the bottleneck`);
  const concurrency = measured.concurrency;
  if (concurrency !== undefined) {
    lines.push(
      `${concurrency.streams} streams at once: TTFT +${concurrency.addedFirstChunkP50Ms.toFixed(1)} ms, ` +
        `hop ${concurrency.hopP50Ms.toFixed(1)} ms, ${concurrency.stalls} stalls over 100 ms`,
    );
  }
  return lines.map((line) => `  ${row.name}: ${line}`);
};

export const formatTable = (rows: readonly Row[], options: Options): string => {
  const table = align([COLUMNS, ...rows.map(cells)]);
  const legend =
    `  added: one request at a time, provider takes 200 ms, minus direct in the same run; TTFT and hop p50: 64 chunks, 20 ms apart\n` +
    `  requests/s: ${options.connections} connections, provider takes ${options.delayMs} ms, ${options.seconds} s, until every request is settled;\n` +
    `  CPU and memory: all processes of the gateway, its database and its Temporal included`;
  const judged = rows.flatMap((row) =>
    row.id.startsWith('holdfast') && 'measured' in row ? [`${row.name}`, ...askLines(row, rows)] : [],
  );
  return [table, legend, ...rows.flatMap(notes), ...judged].join('\n');
};
