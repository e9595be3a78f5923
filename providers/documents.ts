/** The parts of the documents that are written from the code's own lists. A test compares them. */
import { catalog } from './catalog.ts';
import { openAiCompatible } from './openai-compatible.ts';
import { ERRORS } from './protocol/errors.ts';
import type { Provider } from './provider.ts';

/** Their translation is OpenAI's, and so are its tests. */
const BY_PROTOCOL = new Set(openAiCompatible.map((provider) => provider.id));

/** File → marker → what stands between `<!-- marker:start -->` and `<!-- marker:end -->`. */
export const GENERATED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'README.md': { providers: providerTable() },
  'ARCHITECTURE.md': { errors: errorTable() },
};

/** Errors: a marker is missing. */
export function fill(document: string, blocks: Readonly<Record<string, string>>): string {
  let filled = document;
  for (const [marker, text] of Object.entries(blocks)) {
    const [start, end] = [`<!-- ${marker}:start -->`, `<!-- ${marker}:end -->`];
    const from = filled.indexOf(start);
    const to = filled.indexOf(end);
    if (from < 0 || to < from) throw new Error(`The document has no ${start} … ${end}.`);
    filled = `${filled.slice(0, from + start.length)}\n\n${text}\n\n${filled.slice(to)}`;
  }
  return filled;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function providerTable(): string {
  const rows = Object.values(catalog)
    .toSorted((a, b) => a.id.localeCompare(b.id))
    .map((provider) => [
      provider.title,
      `\`${provider.id}/\``,
      provider.keyVariables.map((name) => `\`${name}\``).join(' '),
      provider.chat === undefined ? '' : 'yes',
      evidenceOf(provider),
    ]);
  return table(['provider', 'prefix', 'key', 'chat', 'evidence'], rows);
}

function evidenceOf(provider: Provider): string {
  return BY_PROTOCOL.has(provider.id) ? 'by protocol' : 'tested';
}

function errorTable(): string {
  return table(
    ['code', 'status', 'type', 'then', 'cools the deployment down'],
    Object.entries(ERRORS).map(([code, row]) => [
      `\`${code}\``,
      String(row.status),
      row.type,
      row.retry.replace('_', ' '),
      row.cooldown ? 'yes' : '',
    ]),
  );
}
