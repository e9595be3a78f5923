/** The tables of README.md and ARCHITECTURE.md that are made from the code: between `<!-- name:start -->` and `<!-- name:end -->`. */
import { ENVIRONMENT, type Environment } from '../../activities/config/environment.ts';
import type { Access } from '../../api/routes/exchange.ts';
import { ROUTES } from '../../api/routes/table.ts';
import { catalog } from '../../providers/catalog.ts';
import { KINDS } from '../../providers/kinds.ts';
import { ERRORS, type ErrorCode } from '../../providers/protocol/errors.ts';
import type { Provider } from '../../providers/provider.ts';
import { evidence, type Evidence } from './evidence.ts';
import { ENVIRONMENT_MEANINGS, ERROR_MEANINGS, RETRY_MEANINGS } from './meanings.ts';

/** The documents that hold blocks. */
export const DOCUMENTS = ['README.md', 'ARCHITECTURE.md'] as const;

export type Blocks = Readonly<Record<string, string>>;

export async function createBlocks(): Promise<Blocks> {
  return {
    providers: providersTable(await evidence()),
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

/** What a provider may answer besides chat, as far as an endpoint asks for it. */
const OPERATIONS = Object.values(KINDS).flatMap(({ operation }) =>
  operation === 'chat' || operation === 'passThrough' ? [] : [operation],
);

const code = (text: string): string => `\`${text}\``;

function providersTable(known: ReadonlyMap<string, Evidence>): string {
  const rows = Object.values(catalog).map((provider) => [
    provider.title,
    code(`${provider.id}/`),
    keyOf(provider),
    provider.chat === undefined ? 'no' : 'yes',
    provider.chat === undefined ? 'no' : 'yes',
    takesTools(provider) ? 'yes' : 'no',
    OPERATIONS.filter((operation) => provider[operation] !== undefined).join(', '),
    known.get(provider.id) ?? 'untested',
  ]);
  return table(['Provider', 'Prefix', 'Key', 'Chat', 'Stream', 'Tools', 'Also', 'Evidence'], rows);
}

function keyOf({ auth, keyVariables, keyOptional }: Provider): string {
  const [first] = keyVariables;
  if (first === undefined) return auth.kind === 'none' ? 'none' : 'settings';
  return keyOptional === true ? `${code(first)}, optional` : code(first);
}

/** Asked of the translation itself: a request with a tool goes through, or is refused. */
function takesTools({ chat }: Provider): boolean {
  const tools = [
    { type: 'function' as const, function: { name: 'f', parameters: { type: 'object', properties: {} } } },
  ];
  const request = { model: 'm', messages: [{ role: 'user' as const, content: 'hi' }], tools };
  const target = { model: 'm', baseUrl: 'https://example.test/v1', settings: {}, id: 'i', created: 0 };
  const wire = chat?.toRequest(request, target);
  return wire !== undefined && !('refused' in wire && wire.refused.param === 'tools');
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
