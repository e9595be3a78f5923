/** Loads the configuration: file and includes, references, checks, and the mapping; or every problem it has, at once. */
import { catalog } from '../../providers/catalog.ts';
import { check } from './check.ts';
import type { Config, Deployment } from './config.ts';
import { refuseDatabaseUrl } from './connections.ts';
import { deploymentId } from './deployment.ts';
import { environmentProblem, readEnvironment, unservedVariables, variableOf, type Environment } from './environment.ts';
import { toFlag } from './kinds.ts';
import { checkLinks } from './links.ts';
import { toConfig } from './litellm.ts';
import { MASTER_KEY_HINT, refuseMasterKey } from './master-key.ts';
import { toDeployments } from './model-list.ts';
import type { ProviderTable } from './model-name.ts';
import { toPassThrough } from './pass-through.ts';
import { sortProblems, type Problem } from './problem.ts';
import { readSource } from './read.ts';
import { resolveReferences, type Variables } from './references.ts';
import type { FileSettings } from './schema.ts';
import { Places, type Tree } from './yaml-tree.ts';
import { modelDeployment, zeroDeployments } from './zero.ts';

export { formatProblems, type Problem } from './problem.ts';

export type LoadOptions = {
  /** The file; default: the environment's CONFIG_FILE_PATH, else no file. */
  readonly path?: string;
  /** `--model provider/model`: serve just this, without a file. */
  readonly model?: string;
  readonly env: Variables;
  readonly providers?: ProviderTable;
};

export type LoadResult =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] };

export function loadConfig({ path, model, env, providers = catalog }: LoadOptions): LoadResult {
  if (path !== undefined && model !== undefined) {
    return refused([
      { kind: 'invalid', file: path, line: 0, column: 0, path: '', message: 'give either a file or a model, not both' },
    ]);
  }
  const file = path ?? (model === undefined ? readEnvironment(env).environment.configPath : undefined);
  return file === undefined ? loadWithoutFile(model, env, providers) : loadFile(file, env, providers);
}

function loadWithoutFile(model: string | undefined, env: Variables, providers: ProviderTable): LoadResult {
  const { environment, problems } = readEnvironment(env);
  let deployments: Deployment[] = [];
  if (model === undefined) {
    deployments = zeroDeployments(providers, env);
  } else {
    const made = modelDeployment(model, providers, env);
    if ('deployment' in made) deployments = [made.deployment];
    else
      problems.push({
        ...environmentProblem('', made.message),
        file: '--model',
        ...(made.hint !== undefined && { hint: made.hint }),
      });
  }
  problems.push(...environmentSecrets({}, environment, env));
  if (problems.length > 0) return refused(problems);
  const [first] = deployments;
  const bare = model !== undefined && first !== undefined && first.model !== model ? { [first.model]: model } : {};
  const config: Config = {
    ...toConfig({ router_settings: { model_group_alias: bare } }, deployments, environment, undefined),
    passThrough: toPassThrough({}, { deployments, providers, variables: env }),
  };
  return { ok: true, config: freeze(config), warnings: unservedVariables(env) };
}

function loadFile(file: string, env: Variables, providers: ProviderTable): LoadResult {
  const places = new Places();
  const source = readSource(file, places);
  const tree = source.value;
  const problems: Problem[] = source.problems.filter((problem) => problem.kind === 'invalid');
  const warnings: Problem[] = source.problems.filter((problem) => problem.kind !== 'invalid');
  // What could not be read is not checked: its absence would look like further mistakes.
  if (problems.length > 0) return refused(problems, warnings);

  const variables = withFileVariables(tree, env);
  const written = hashEntries(tree);
  warnings.push(...resolveReferences(tree, variables, places, file));
  const { environment, problems: environmentProblems } = readEnvironment(variables);
  problems.push(...environmentProblems);

  warnings.push(...unservedVariables(variables));
  const checked = check(tree, places, file);
  problems.push(...checked.problems);
  warnings.push(...checked.warnings);
  const zero = tree['model_list'] === undefined ? zeroDeployments(providers, variables) : [];
  for (const problem of checkLinks(
    tree,
    providers,
    places,
    file,
    zero.map(({ group }) => group),
  )) {
    (problem.kind === 'invalid' ? problems : warnings).push(problem);
  }
  problems.push(
    ...fileSecrets(tree, places, file),
    ...environmentSecrets(checked.settings ?? {}, environment, variables),
  );
  if (problems.length > 0 || checked.settings === undefined) return refused(problems, warnings);

  const settings = checked.settings;
  const deployments =
    settings.model_list === undefined
      ? zero
      : toDeployments(
          settings.model_list,
          entriesOf(tree).map((entry) => written.get(entry) ?? ''),
          {
            providers,
            variables,
            router: settings.router_settings ?? {},
            credentials: [...(settings.credential_list ?? []), ...(settings.litellm_settings?.credential_list ?? [])],
          },
        );
  const config: Config = {
    ...toConfig(settings, deployments, environment, file),
    passThrough: toPassThrough(settings, { deployments, providers, variables }),
  };
  return {
    ok: true,
    config: freeze(config),
    warnings: sortProblems(warnings),
  };
}

function refused(problems: readonly Problem[], warnings: readonly Problem[] = []): LoadResult {
  return { ok: false, problems: sortProblems(problems), warnings: sortProblems(warnings) };
}

/** `environment_variables` win over the environment, and may themselves refer to it. */
function withFileVariables(tree: Tree, env: Variables): Variables {
  const section = tree['environment_variables'];
  if (typeof section !== 'object' || section === null || Array.isArray(section)) return env;
  const copy: Tree = { ...section };
  resolveReferences(copy, env, new Places(), '');
  const set = Object.entries(copy).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  return { ...env, ...Object.fromEntries(set.map(([name, value]) => [name, String(value)])) };
}

function entriesOf(tree: Tree): object[] {
  const list = tree['model_list'];
  return Array.isArray(list) ? list.filter((entry) => typeof entry === 'object' && entry !== null) : [];
}

/** Before references are resolved, so that an id does not change when a key is rotated. */
function hashEntries(tree: Tree): Map<object, string> {
  return new Map(entriesOf(tree).map((entry) => [entry, deploymentId(entry)]));
}

/** The rules for secrets, which have places of their own to be reported at. */
function fileSecrets(tree: Tree, places: Places, file: string): Problem[] {
  const general = tree['general_settings'];
  if (typeof general !== 'object' || general === null) return [];
  const { master_key: masterKey, database_url: url } = general as Tree;
  const weakAllowed = (general as Tree)['dangerously_permit_weak_or_unset_master_key'];
  const at = (key: string): Omit<Problem, 'message'> => ({
    kind: 'invalid',
    ...places.locate(tree, ['general_settings', key], file),
    path: `general_settings.${key}`,
  });
  const problems: Problem[] = [];
  if (typeof masterKey === 'string' && toFlag(weakAllowed) !== true) {
    const message = refuseMasterKey(masterKey.trim());
    if (message !== undefined) problems.push({ ...at('master_key'), message, hint: MASTER_KEY_HINT });
  }
  if (typeof url === 'string') {
    const message = refuseDatabaseUrl(url.trim());
    if (message !== undefined) problems.push({ ...at('database_url'), message });
  }
  return problems;
}

function environmentSecrets(settings: FileSettings, environment: Environment, variables: Variables): Problem[] {
  const general = settings.general_settings ?? {};
  const problems: Problem[] = [];
  const { masterKey, databaseUrl } = environment;
  if (
    masterKey !== undefined &&
    general.master_key === undefined &&
    general.dangerously_permit_weak_or_unset_master_key !== true
  ) {
    const message = refuseMasterKey(masterKey);
    if (message !== undefined)
      problems.push({ ...environmentProblem(variableOf('masterKey', variables), message), hint: MASTER_KEY_HINT });
  }
  if (databaseUrl !== undefined && general.database_url === undefined) {
    const message = refuseDatabaseUrl(databaseUrl);
    if (message !== undefined) problems.push(environmentProblem('DATABASE_URL', message));
  }
  return problems;
}

/** So that nothing in the process can change what another part has already decided upon. */
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const item of Object.values(value)) freeze(item);
  return value;
}
