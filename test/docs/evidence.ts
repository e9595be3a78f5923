/** How each provider's translation is known to be right, ability by ability: read from the tests themselves, so that no table can claim more than they prove. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { catalog } from '../../providers/catalog.ts';
import type { ChatRequest } from '../../providers/protocol/chat.ts';
import type { PlainOperation, Provider } from '../../providers/provider.ts';
import { RECORDINGS, type Ability } from '../providers/recordings.ts';
import { filesIn, importsOf, readText, ROOT } from './sources.ts';

/**
 * - `recorded`: tests translate answers that were recorded from it.
 * - `documented`: tests translate answers made after its documentation.
 * - `untested`: only what all providers of its protocol share is tested.
 * - `no`: not offered.
 */
export type Evidence = 'recorded' | 'documented' | 'untested' | 'built in' | 'no';

type Column = {
  readonly name: string;
  readonly shows: readonly Ability[];
  readonly isOffered: (provider: Provider) => boolean;
  /** What a test that shows it has in its text. */
  readonly sign: RegExp;
};

const has =
  (...operations: readonly PlainOperation[]) =>
  (provider: Provider): boolean =>
    operations.some((operation) => provider[operation] !== undefined);

/** Asked of the translation itself: the request goes through, or is refused for this parameter. */
const takes =
  (fields: Partial<ChatRequest>, param: RegExp) =>
  ({ chat }: Provider): boolean => {
    const request = { model: 'm', messages: [{ role: 'user' as const, content: 'hi' }], ...fields };
    const settings = { project_id: 'p', account_id: 'a', vertex_project: 'p' };
    const target = { model: 'm', baseUrl: 'https://example.test/v1', settings, id: 'i', created: 0 };
    const wire = chat?.toRequest(request, target);
    return wire !== undefined && !('refused' in wire && param.test(`${wire.refused.param} ${wire.refused.message}`));
  };

const SCHEMA = { type: 'object', properties: {} };
const PICTURE = { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };

export const COLUMNS: readonly Column[] = [
  { name: 'Chat', shows: ['chat'], isOffered: ({ chat }) => chat !== undefined, sign: /fromResponse|decode\(/ },
  { name: 'Stream', shows: ['stream'], isOffered: ({ chat }) => chat !== undefined, sign: /decode\(|\.decoder\(/ },
  {
    name: 'Tools',
    shows: ['tools'],
    isOffered: takes({ tools: [{ type: 'function', function: { name: 'f', parameters: SCHEMA } }] }, /tools/),
    sign: /tool_calls/,
  },
  {
    name: 'Structured output',
    shows: ['structured'],
    isOffered: takes(
      { response_format: { type: 'json_schema', json_schema: { name: 'a', schema: SCHEMA } } },
      /response_format/,
    ),
    sign: /json_schema/,
  },
  {
    name: 'Vision',
    shows: ['vision'],
    isOffered: takes({ messages: [{ role: 'user', content: [PICTURE] }] }, /image|picture|content/),
    sign: /image_url/,
  },
  { name: 'Embeddings', shows: ['embeddings'], isOffered: has('embeddings'), sign: /'embeddings'|\.embeddings\b/ },
  {
    name: 'Images',
    shows: ['images', 'imageEdits', 'imageVariations'],
    isOffered: has('images', 'imageEdits', 'imageVariations'),
    sign: /'image(s|Edits|Variations)'|\.image(s|Edits|Variations)\b/,
  },
  {
    name: 'Audio',
    shows: ['speech', 'transcription', 'translation'],
    isOffered: has('speech', 'transcription', 'translation'),
    sign: /'(speech|transcription|translation)'|\.(speech|transcription|translation)\b/,
  },
  { name: 'Rerank', shows: ['rerank'], isOffered: has('rerank'), sign: /'rerank'|\.rerank\b/ },
];

/** By provider and name of a column. */
export async function evidence(): Promise<ReadonlyMap<string, Readonly<Record<string, Evidence>>>> {
  const modules = await moduleOfProviders();
  const tests = filesIn('test/providers', '.test.ts')
    .filter((path) => !isForAll(path))
    .map((path) => ({ path, text: readText(path) }));
  return new Map(
    Object.values(catalog).map((provider) => {
      const made = modules.get(provider.id);
      const own = tests.flatMap(({ path, text }) => partsAbout(provider.id, made, path, text));
      const cell = ({ shows, isOffered, sign }: Column): Evidence => {
        if (!isOffered(provider)) return 'no';
        if (provider.id === 'mock') return 'built in';
        const isRecorded = RECORDINGS.some(
          (row) => row.provider === provider.id && row.shows.some((one) => shows.includes(one)),
        );
        if (isRecorded) return 'recorded';
        return own.some((text) => sign.test(text)) ? 'documented' : 'untested';
      };
      return [provider.id, Object.fromEntries(COLUMNS.map((column) => [column.name, cell(column)]))];
    }),
  );
}

/** What all providers go through alike is evidence for none of them. */
function isForAll(path: string): boolean {
  return /\/(catalog|parameters|recorded|robustness)\.test\.ts$/.test(path);
}

type Made = { readonly module: string; readonly name: string; readonly alone: boolean };

/** What of a test's text is about one provider. A module that makes many is no evidence for one that the test does not name. */
function partsAbout(id: string, made: Made | undefined, path: string, text: string): readonly string[] {
  const isOfModule = made !== undefined && path.startsWith(`test/providers/${made.module}/`);
  const takesIt = new RegExp(
    `import \\{[^}]*\\b${made?.name}\\b[^}]*\\} from '[./]*providers/${made?.module}/index.ts'`,
  );
  if (isOfModule && (made.alone || made.module === id || takesIt.test(text))) return [text];
  if (isFolder(path) && !isOfModule) return [];
  // A row of a table that the whole file runs through.
  if (text.includes(`id: '${id}'`)) return [text];
  return text
    .split(/\n *it(?=[.(])/)
    .filter((block) => block.includes(`catalog['${id}']`) || block.includes(`['${id}',`));
}

/** A folder of one provider's tests. */
function isFolder(path: string): boolean {
  const [folder] = path.slice('test/providers/'.length).split('/');
  return folder !== 'protocol' && existsSync(join(ROOT, 'providers', folder ?? '', 'index.ts'));
}

/** Folder of `providers/`, or file without its ending, that makes each provider of the catalog. */
async function moduleOfProviders(): Promise<ReadonlyMap<string, Made>> {
  const found = new Map<string, Made>();
  for (const { file } of importsOf('providers/catalog.ts', readText('providers/catalog.ts'))) {
    if (file === undefined || file === 'providers/provider.ts') continue;
    const module = file.split('/')[1]?.replace('.ts', '') ?? '';
    const exported = (await import(pathToFileURL(join(ROOT, file)).href)) as Record<string, unknown>;
    const made = Object.entries(exported).flatMap(([name, value]) =>
      [value].flat().flatMap((one) => {
        const provider = Object.values(catalog).find((candidate) => candidate === one);
        return provider === undefined ? [] : [{ id: provider.id, name }];
      }),
    );
    for (const { id, name } of made) found.set(id, { module, name, alone: made.length === 1 });
  }
  return found;
}
