/** The design as rules: which file may import what, where effects live, which lists belong together. Each failure names the rule it breaks. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { filesIn, importsOf, LAYERS, readText, sourcesOf, type Import, type Source } from './docs/sources.ts';

const SOURCES = sourcesOf(LAYERS);

/** Puts the program together: may import whatever stands to its right. */
const COMPOSITION = ['api/gateway.ts', 'api/main.ts', 'api/cli/'];

/** Values that the edge takes from activities, beyond the folders that are open to it. */
const EDGE_VALUES: Readonly<Record<string, readonly string[]>> = {
  'api/carriers.ts': ['activities/board.ts'],
  'api/exchanges.ts': ['activities/ledger-view.ts'],
  'api/reader.ts': ['activities/ledger-view.ts'],
  'api/routes/pass-through.ts': ['activities/passed-content.ts'],
  'api/stream/passed.ts': ['activities/passed-content.ts'],
  'api/routes/webhook-url.ts': ['activities/http/networks.ts', 'activities/http/public-address.ts'],
  'api/submit.ts': ['activities/planning.ts', 'activities/prompt-size.ts'],
};

const OPEN_TO_THE_EDGE = ['activities/store/', 'activities/config/', 'activities/telemetry/', 'activities/embedded/'];

/** What the callers' languages are made of. A provider is none of it: only activities speak to providers. */
const LANGUAGES = ['providers/protocol/', 'providers/dialects/', 'providers/kinds.ts'];

/** Free of zod, whose parsers are compiled at run time: a sandbox that must be deterministic is no place for that. */
const FOR_WORKFLOWS = ['providers/protocol/errors.ts', 'providers/protocol/usage.ts', 'providers/pricing/cost.ts'];

/** Where a package may be imported. A package without a row may be used anywhere but in workflows/ and providers/. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  '@temporalio/workflow': ['workflows/'],
  '@temporalio/activity': [
    'activities/request-activities.ts',
    'activities/batch-activities.ts',
    'activities/webhook-activities.ts',
  ],
  '@temporalio/worker': ['activities/worker.ts', 'activities/workflow-bundle.ts', 'api/gateway.ts', 'api/health.ts'],
  '@temporalio/client': [
    'api/carriers.ts',
    'api/batch-carrier.ts',
    'api/webhook-carrier.ts',
    'api/gateway.ts',
    'api/cli/doctor-checks.ts',
    'activities/embedded/search-attributes.ts',
    'activities/embedded/temporal.ts',
  ],
  express: ['api/server.ts'],
  commander: ['api/cli/'],
  undici: ['activities/http/'],
  yaml: ['activities/config/'],
  // The embedded server asks its own cluster whether it is up.
  pg: ['activities/store/', 'activities/embedded/postgres.ts'],
};

/** Words that only some files may hold, and why. */
const EFFECTS: readonly { readonly word: RegExp; readonly rule: string; readonly only: readonly string[] }[] = [
  { word: /\.query\s*[<(]/, rule: 'only activities/store sends SQL', only: ['activities/store/'] },
  { word: /process\.env\b/, rule: 'only activities/config reads the environment', only: ['activities/config/'] },
  {
    word: /process\.exit(Code)?\b/,
    rule: 'only api/main.ts ends the process',
    // The text of a child process.
    only: ['api/main.ts', 'activities/embedded/temporal-download.ts'],
  },
  { word: /\bconsole\./, rule: 'output goes through the logger or the context of a command', only: [] },
];

/** A provider and a decision give the same result for the same input, whenever and wherever they are asked. */
const IMPURE = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\b|\bprocess\.|\bfetch\(|\bset(Timeout|Interval)\(/;

const MAX_LINES = 500;

/** Tests of no single file: of behaviour across files, or of what is no source file. */
const CROSS_CUTTING = [
  'test/bench/',
  'test/conformance/',
  'test/docs/',
  'test/embedded/',
  'test/faults/',
  'test/support/',
  'test/ui/',
  'test/architecture.test.ts',
  'test/deploy.test.ts',
  'test/lockfile.test.ts',
  'test/upstream.test.ts',
  'test/api/bad-input.test.ts',
  'test/api/durability.test.ts',
  'test/api/fuzz.test.ts',
  'test/api/retries.test.ts',
  'test/providers/parameters.test.ts',
  'test/providers/recorded.test.ts',
  'test/providers/robustness.test.ts',
  'test/workflows/replay.test.ts',
  'test/activities/call-bedrock.test.ts',
];

/** Folders and files of the catalog without fixtures of their own, and what is tested instead. */
const WITHOUT_FIXTURES: Readonly<Record<string, string>> = {
  polly: 'its answer is bytes of sound',
  topaz: 'its answer is the bytes of a picture',
  cloudflare: 'replies in its wire format stand in its test',
  databricks: 'replies in its wire format stand in its test',
  'openai-compatible': "rows of OpenAI's wire, whose differences are data",
  huggingface: "OpenAI's wire, at addresses of its own",
  mistral: "OpenAI's wire, with stricter requests",
  mock: 'answers by itself',
  sagemaker: 'replies in its wire format stand in its tests',
  snowflake: 'replies in its wire format stand in its test',
  watsonx: 'replies in its wire format stand in its test',
};

function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place));
}

function layerOf(path: string): string {
  return path.split('/')[0] ?? '';
}

/** Every import that a rule forbids, as a sentence. */
function broken(rule: string, forbids: (source: Source, target: Import) => boolean): readonly string[] {
  return SOURCES.flatMap((source) =>
    source.imports
      .filter((target) => forbids(source, target))
      .map((target) => `${source.path} imports ${target.file ?? target.packageName ?? ''}, but ${rule}`),
  );
}

describe('imports', () => {
  it('are seen by this test: types, values, packages and own files', () => {
    const text = `import { a, type B } from './b.ts';\nimport type { C } from '../c.ts';\nimport {\n  type D,\n} from '@x/y/z';\nawait import('node:fs');\nexport { e } from './e.ts';\nimport f from 'f';`;
    expect(importsOf('api/x.ts', text)).toEqual([
      { file: 'api/b.ts', typeOnly: false },
      { file: 'c.ts', typeOnly: true },
      { packageName: '@x/y', typeOnly: true },
      { packageName: 'node:fs', typeOnly: false },
      { file: 'api/e.ts', typeOnly: false },
      { packageName: 'f', typeOnly: false },
    ]);
    expect(SOURCES.length).toBeGreaterThan(100);
  });

  it('point right: api → workflows → activities → providers', () => {
    const order: readonly string[] = LAYERS;
    const rule = 'imports point right: api → workflows → activities → providers';
    const left = (source: Source, { file }: Import): boolean =>
      file !== undefined &&
      file !== 'package.json' &&
      order.indexOf(layerOf(file)) < order.indexOf(layerOf(source.path));
    expect(broken(rule, left)).toEqual([]);
  });

  it('of workflows reach nothing that is not deterministic', () => {
    const rule =
      'workflows/ imports @temporalio/workflow, @temporalio/common, its own files, types, and values free of zod';
    const forbids = ({ path }: Source, { file, packageName, typeOnly }: Import): boolean => {
      if (layerOf(path) !== 'workflows') return false;
      if (packageName !== undefined) return !['@temporalio/workflow', '@temporalio/common'].includes(packageName);
      if (file === undefined || layerOf(file) === 'workflows') return false;
      if (layerOf(file) === 'activities') return !typeOnly || file !== 'activities/contract.ts';
      return !typeOnly && !isIn(file, FOR_WORKFLOWS);
    };
    expect(broken(rule, forbids)).toEqual([]);
    const needs = FOR_WORKFLOWS.filter((path) =>
      importsOf(path, readText(path)).some(({ packageName }) => packageName !== undefined),
    );
    expect(needs).toEqual([]);
  });

  it('of providers are zod and own files: nothing that reads a socket, a disk or a clock', () => {
    const rule = 'providers/ is pure: zod and own files only';
    const forbids = ({ path }: Source, { packageName }: Import): boolean =>
      layerOf(path) === 'providers' && packageName !== undefined && packageName !== 'zod';
    expect(broken(rule, forbids)).toEqual([]);
  });

  it('of the edge take from workflows their messages, their attributes and their pure decisions', () => {
    const rule = 'api/ takes values from workflows/{messages,search-attributes,describe}.ts and workflows/policy/ only';
    const open = [
      'workflows/messages.ts',
      'workflows/search-attributes.ts',
      'workflows/describe.ts',
      'workflows/policy/',
    ];
    const forbids = ({ path }: Source, { file, typeOnly }: Import): boolean =>
      layerOf(path) === 'api' && file !== undefined && layerOf(file) === 'workflows' && !typeOnly && !isIn(file, open);
    expect(broken(rule, forbids)).toEqual([]);
  });

  it('of the edge take from activities what is open to it; only the composition root takes the rest', () => {
    const rule = 'only api/gateway.ts, main.ts and cli/ put activities together; a value needs a row in EDGE_VALUES';
    const forbids = ({ path }: Source, { file, typeOnly }: Import): boolean =>
      layerOf(path) === 'api' &&
      file !== undefined &&
      layerOf(file) === 'activities' &&
      !typeOnly &&
      !isIn(path, COMPOSITION) &&
      !isIn(file, OPEN_TO_THE_EDGE) &&
      EDGE_VALUES[path]?.includes(file) !== true;
    expect(broken(rule, forbids)).toEqual([]);
  });

  it("of the edge know the callers' languages, and no provider", () => {
    const rule = 'api/ never talks to a provider: it takes the protocol, the dialects and the kinds';
    const forbids = ({ path }: Source, { file, typeOnly }: Import): boolean =>
      layerOf(path) === 'api' &&
      file !== undefined &&
      layerOf(file) === 'providers' &&
      !typeOnly &&
      !isIn(path, COMPOSITION) &&
      !isIn(file, LANGUAGES);
    expect(broken(rule, forbids)).toEqual([]);
  });

  it('of a package stay where the package lives', () => {
    const rule = 'HOMES says where that package may be imported';
    const forbids = ({ path }: Source, { packageName }: Import): boolean => {
      const home = packageName === undefined ? undefined : HOMES[packageName];
      return home !== undefined && !isIn(path, home);
    };
    expect(broken(rule, forbids)).toEqual([]);
  });

  it('form no circle', () => {
    const graph = new Map(SOURCES.map(({ path, imports }) => [path, imports]));
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (path: string, way: readonly string[]): void => {
      const start = way.indexOf(path);
      if (start >= 0) circles.push([...way.slice(start), path].join(' → '));
      if (start >= 0 || done.has(path)) return;
      for (const { file, typeOnly } of graph.get(path) ?? [])
        if (file !== undefined && !typeOnly) visit(file, [...way, path]);
      done.add(path);
    };
    for (const path of graph.keys()) visit(path, []);
    expect(circles).toEqual([]);
  });

  it('name files that exist', () => {
    const rule = 'there is no such file';
    const missing = (_source: Source, { file }: Import): boolean =>
      file !== undefined && !existsSync(new URL(`../${file}`, import.meta.url));
    expect(broken(rule, missing)).toEqual([]);
  });
});

describe('effects', () => {
  it.each(EFFECTS)('$rule', ({ word, rule, only }) => {
    const found = SOURCES.filter(({ path, text }) => !isIn(path, only) && word.test(withoutComments(text)));
    expect(found.map(({ path }) => `${path}: ${rule}`)).toEqual([]);
  });

  it('are absent from providers and from decisions', () => {
    const pure = SOURCES.filter(({ path }) => isIn(path, ['providers/', 'workflows/policy/']));
    const found = pure.filter(({ text }) => IMPURE.test(withoutComments(text)));
    expect(found.map(({ path }) => `${path} is not pure: it has a clock, chance, a timer or a socket`)).toEqual([]);
  });
});

describe('files', () => {
  it('have one purpose, and fit on some screens', () => {
    const all = [...SOURCES, ...sourcesOf(['test'])];
    const long = all
      .map(({ path, text }) => ({ path, lines: text.split('\n').filter((line) => line.trim() !== '').length }))
      .filter(({ lines }) => lines > MAX_LINES);
    expect(long.map(({ path, lines }) => `${path} has ${lines} lines, more than ${MAX_LINES}: split it`)).toEqual([]);
  });

  it('begin with a sentence that says what they are for', () => {
    const silent = SOURCES.filter(({ text }) => !text.startsWith('/**'));
    expect(silent.map(({ path }) => `${path} does not begin with a comment`)).toEqual([]);
  });

  it('export by name', () => {
    const found = SOURCES.filter(({ text }) => /^export default\b/m.test(text));
    expect(found.map(({ path }) => `${path} has a default export`)).toEqual([]);
  });
});

describe('providers', () => {
  it("that speak OpenAI's protocol are rows of at most 30 lines", () => {
    const files = SOURCES.filter(({ path }) => path.startsWith('providers/openai-compatible'));
    const rows = files.flatMap(({ text }) => [...text.matchAll(/^ {2}\{\n {4}id: '([^']+)'[\s\S]*?^ {2}\},$/gm)]);
    expect(rows.length).toBeGreaterThan(80);
    const long = rows.map(([row, id]) => ({ id, lines: row.split('\n').length })).filter(({ lines }) => lines > 30);
    expect(
      long.map(({ id, lines }) => `the row of ${id} has ${lines} lines: move its code to a field's function`),
    ).toEqual([]);
  });

  it('have no file of more than 500 lines, blank ones counted', () => {
    const long = SOURCES.filter(({ path, text }) => path.startsWith('providers/') && text.split('\n').length > 501);
    expect(long.map(({ path }) => path)).toEqual([]);
  });
});

describe('lists', () => {
  it('of workflows: each one has a history that every later version must continue', () => {
    const names = [...readText('workflows/index.ts').matchAll(/export \{([^}]*)\}/g)].flatMap(([, list]) =>
      (list ?? '').split(',').map(
        (name) =>
          name
            .trim()
            .split(/\s+as\s+/)
            .at(-1) ?? '',
      ),
    );
    expect(names).toContain('convoy');
    const histories = filesIn('test/histories', '.json');
    const without = names.filter(
      (name) => name !== '' && !histories.some((path) => path.startsWith(`test/histories/${name}.`)),
    );
    expect(without.map((name) => `workflow ${name} has no history in test/histories`)).toEqual([]);
  });

  it('of providers: each module has fixtures, or says what is tested instead', () => {
    const modules = importsOf('providers/catalog.ts', readText('providers/catalog.ts'))
      .filter(({ typeOnly }) => !typeOnly)
      .map(({ file }) => (file ?? '').split('/')[1]?.replace('.ts', '') ?? '');
    expect(modules).toContain('anthropic');
    const without = modules.filter(
      (name) => WITHOUT_FIXTURES[name] === undefined && !existsSync(new URL(`fixtures/${name}`, import.meta.url)),
    );
    expect(without.map((name) => `providers/${name} has no folder test/fixtures/${name}`)).toEqual([]);
  });

  it('of tests: each stands where its source stands, or is known to have none', () => {
    const sources = new Set(SOURCES.map(({ path }) => path));
    const folders = new Set([...sources].map((path) => path.slice(0, path.lastIndexOf('/'))));
    const lost = filesIn('test', '.test.ts').filter((path) => {
      const mirrored = path.slice('test/'.length).replace('.test.ts', '.ts');
      const folder = mirrored.slice(0, mirrored.lastIndexOf('/'));
      const ofFolder = folder.includes('/') && folders.has(folder);
      return !isIn(path, CROSS_CUTTING) && !sources.has(mirrored) && !ofFolder;
    });
    expect(lost.map((path) => `${path} mirrors no source path; name it in CROSS_CUTTING if it tests several`)).toEqual(
      [],
    );
  });
});

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1');
}
