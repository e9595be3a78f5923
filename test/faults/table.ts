/** The campaign's one table, printed line by line as the rows end. */
import type { Figures } from './check.ts';

const COLUMNS: readonly (readonly [string, number, (figures: Figures) => string])[] = [
  ['requests', 8, ({ requests }) => String(requests)],
  ['completed', 9, ({ completed }) => String(completed)],
  ['calls', 5, ({ calls }) => String(calls)],
  ['lost', 4, ({ lost }) => String(lost)],
  ['retries', 7, ({ retries }) => String(retries)],
  ['billed µ$', 9, ({ billedNanoUsd }) => String(Math.round(billedNanoUsd / 1_000))],
  ['settled µ$', 10, ({ settledNanoUsd }) => String(Math.round(settledNanoUsd / 1_000))],
  ['healed s', 8, ({ healedMs }) => (healedMs === undefined ? '' : (healedMs / 1_000).toFixed(1))],
];

const NAME_WIDTH = 52;

export function headLine(): string {
  return ['fault'.padEnd(NAME_WIDTH + 5), ...COLUMNS.map(([name, width]) => name.padStart(width))].join('  ');
}

export function rowLine(name: string, passed: boolean, figures: Figures | undefined): string {
  const cells = COLUMNS.map(([, width, cell]) => (figures === undefined ? '' : cell(figures)).padStart(width));
  return [`${passed ? 'ok  ' : 'FAIL'} ${name.padEnd(NAME_WIDTH)}`, ...cells].join('  ').trimEnd();
}
