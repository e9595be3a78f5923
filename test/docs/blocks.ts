/** The tables of README.md, ARCHITECTURE.md and PROVIDERS.md that are made from the code: between `<!-- name:start -->` and `<!-- name:end -->`. */
import { ENVIRONMENT, type Environment } from '../../activities/config/environment.ts';
import type { Access } from '../../api/routes/exchange.ts';
import { ROUTES } from '../../api/routes/table.ts';
import { catalog } from '../../providers/catalog.ts';
import { ERRORS, type ErrorCode } from '../../providers/protocol/errors.ts';
import type { Provider } from '../../providers/provider.ts';
import { COLUMNS, evidence } from './evidence.ts';
import { ENVIRONMENT_MEANINGS, ERROR_MEANINGS, RETRY_MEANINGS } from './meanings.ts';

/** The documents that hold blocks. */
export const DOCUMENTS = ['README.md', 'ARCHITECTURE.md', 'PROVIDERS.md'] as const;

export type Blocks = Readonly<Record<string, string>>;

export async function createBlocks(): Promise<Blocks> {
  const known = await evidence();
  return {
    providers: providersTable(known),
    evidence: evidenceTable(known),
    routes: routesTable(),
    errors: errorsTable(),
    environment: environmentTable(),
  };
}

/** Errors: a marker without its end, or with a name that is none of the blocks. */
export function withBlocks(markdown: string, blocks: Blocks): string {
  return markdown.replaceAll(
    /<!-- (\w+):start -->[\s\S]*?<!-- (\w+):end -->/g,
    (whole: string, name: string, ending: string) => {
      // Measured, not derived: written by hand after a run.
      if (name === 'bench' && ending === name) return whole;
      const block = blocks[name];
      if (block === undefined || name !== ending) throw new Error(`There is no block between ${name} and ${ending}.`);
      return `<!-- ${name}:start -->\n\n${block}\n\n<!-- ${name}:end -->`;
    },
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

const code = (text: string): string => `\`${text}\``;

type Known = Awaited<ReturnType<typeof evidence>>;

const cellsOf = (known: Known, id: string): readonly string[] =>
  COLUMNS.map(({ name }) => known.get(id)?.[name] ?? 'untested').map((cell) => (cell === 'no' ? '' : cell));

/** Those whose own replies are tested; the others by their prefixes, so that a reader finds each. */
function providersTable(known: Known): string {
  const isShown = ({ id }: Provider): boolean => cellsOf(known, id).some((cell) => cell !== '' && cell !== 'untested');
  const all = Object.values(catalog);
  const rows = all
    .filter(isShown)
    .map((provider) => [provider.title, code(`${provider.id}/`), ...cellsOf(known, provider.id).slice(0, 3)]);
  const others = all.filter((provider) => !isShown(provider)).map(({ id }) => code(`${id}/`));
  return `${table(['Provider', 'Prefix', ...COLUMNS.slice(0, 3).map(({ name }) => name)], rows)}\n\nUntested: ${others.join(', ')}.`;
}

function evidenceTable(known: Known): string {
  const rows = Object.values(catalog).map((provider) => [
    provider.title,
    code(`${provider.id}/`),
    keyOf(provider),
    ...cellsOf(known, provider.id),
  ]);
  return table(['Provider', 'Prefix', 'Key', ...COLUMNS.map(({ name }) => name)], rows);
}

function keyOf({ auth, keyVariables, keyOptional }: Provider): string {
  const [first] = keyVariables;
  if (first === undefined) return auth.kind === 'none' ? 'none' : 'settings';
  return keyOptional === true ? `${code(first)}, optional` : code(first);
}

const ACCESS = {
  public: 'anybody',
  key: 'a key',
  read: 'a key',
  info: 'a key',
  manage: 'who manages it',
  admin: 'administrators',
  operator: 'the master key',
} as const satisfies Record<Access, string>;

function routesTable(): string {
  const rows = ROUTES.map(({ method, paths, access, summary }) => [
    code(`${method.toUpperCase()} ${paths[0] ?? ''}`),
    summary,
    ACCESS[access],
  ]);
  return table(['Route', '', 'For'], rows);
}

function errorsTable(): string {
  const rows = Object.entries(ERRORS).map(([name, row]) => [
    code(name),
    String(row.status),
    code(row.type),
    RETRY_MEANINGS[row.retry],
    row.cooldown ? 'yes' : 'no',
    ERROR_MEANINGS[name as ErrorCode],
  ]);
  return table(['Code', 'Status', 'Type', 'After it', 'Cooldown', 'Meaning'], rows);
}

function environmentTable(): string {
  const rows = Object.entries(ENVIRONMENT).map(([name, { variables, expected }]) => [
    variables.map(code).join(', '),
    expected,
    ENVIRONMENT_MEANINGS[name as keyof Environment],
  ]);
  return table(['Variable', 'Value', 'Meaning'], rows);
}
