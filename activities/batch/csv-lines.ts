/** Rows of a table → lines of a batch: each row fills the placeholders of a template, `{{column}}`. */
import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import type { Line } from './split-lines.ts';

/** Of the column that names a row; without it rows are `row-1`, `row-2`, … */
const ID_COLUMN = 'custom_id';
const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;

type Row = Readonly<Record<string, string>>;

/** A table that cannot be read, or lacks a column that the template names, ends with a line that says so. */
export async function* csvLines(
  pieces: AsyncIterable<Buffer>,
  template: Readonly<Record<string, unknown>>,
  { endpoint, maxLineBytes }: { readonly endpoint: string; readonly maxLineBytes: number },
): AsyncGenerator<Line, void, undefined> {
  const wanted = columnsIn(template);
  let rows = 0;
  const parser = Readable.from(pieces).pipe(
    parse({
      bom: true,
      columns: (header: readonly string[]) => header.map((name) => name.trim()),
      info: true,
      skip_empty_lines: true,
      max_record_size: maxLineBytes,
    }),
  );
  try {
    for await (const found of parser) {
      const { record, info } = found as { record: Row; info: { lines: number } };
      const missing = [...wanted].find((name) => !Object.hasOwn(record, name));
      if (missing !== undefined) {
        yield { n: 1, problem: `The table has no column '${missing.slice(0, 100)}', which the template names.` };
        return;
      }
      rows += 1;
      const customId = record[ID_COLUMN] ?? `row-${rows}`;
      const body = filled(template, record);
      yield { n: info.lines, text: JSON.stringify({ custom_id: customId, method: 'POST', url: endpoint, body }) };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const { lines } = error as { lines?: unknown };
    yield { n: typeof lines === 'number' ? lines : rows + 2, problem: `The table cannot be read: ${error.message}` };
  }
}

function columnsIn(value: unknown): ReadonlySet<string> {
  return new Set([...JSON.stringify(value).matchAll(PLACEHOLDER)].map(([, name = '']) => name));
}

function filled(value: unknown, row: Row): unknown {
  if (typeof value === 'string') return value.replaceAll(PLACEHOLDER, (_, name: string) => row[name] ?? '');
  if (Array.isArray(value)) return value.map((item) => filled(item, row));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, row)]));
}
