/** Checks what a configuration's parts say of each other: fallbacks and aliases to groups, credentials, providers, ids. */
import { parseFallbacks } from './fallbacks.ts';
import { splitModel, type ProviderTable } from './model-name.ts';
import { didYouMean } from './nearest.ts';
import { compilePattern, isPattern, type Pattern } from './pattern.ts';
import { formatPath, type Path, type Problem, type ProblemKind } from './problem.ts';
import type { Places, Tree } from './yaml-tree.ts';

/**
 * `otherGroups` are those that are not in the file. Works on the tree and not on parsed settings, so that a wrong value elsewhere does not hide a wrong name.
 */
export function checkLinks(
  tree: Tree,
  providers: ProviderTable,
  places: Places,
  file: string,
  otherGroups: readonly string[],
): Problem[] {
  const problems: Problem[] = [];
  const report = (kind: ProblemKind, path: Path, message: string, hint: { hint?: string } = {}): void => {
    problems.push({ kind, ...places.locate(tree, path, file), path: formatPath(path), message, ...hint });
  };
  const entries = listOf(tree['model_list']).map(mapOf);
  const names = namesOf(tree, entries, otherGroups);

  for (const [n, entry] of entries.entries()) {
    const silent = mapOf(entry['litellm_params'])['silent_model'];
    for (const name of typeof silent === 'string' ? [silent] : listOf(silent)) {
      if (typeof name !== 'string' || names.has(name)) continue;
      const path = ['model_list', n, 'litellm_params', 'silent_model'];
      report('invalid', path, `there is no model group "${name}"`, didYouMean(name, names.groups));
    }
  }
  checkEntries(tree, entries, providers, report);
  for (const section of ['litellm_settings', 'router_settings']) {
    const settings = mapOf(tree[section]);
    for (const key of ['fallbacks', 'context_window_fallbacks', 'content_policy_fallbacks', 'default_fallbacks']) {
      for (const { name, role, steps } of parseFallbacks(settings[key])?.mentions ?? []) {
        if (names.has(name)) continue;
        const path = [section, key, ...steps];
        // LiteLLM matches the groups of fallbacks with and without provider prefix; a target must be real.
        if (role === 'to') report('invalid', path, `there is no model group "${name}"`, didYouMean(name, names.groups));
        else
          report('no_effect', path, `has no effect: there is no model group "${name}"`, didYouMean(name, names.groups));
      }
    }
  }
  const router = mapOf(tree['router_settings']);
  for (const [alias, value] of Object.entries(mapOf(router['model_group_alias']))) {
    const path = ['router_settings', 'model_group_alias', alias];
    const group = typeof value === 'string' ? value : mapOf(value)['model'];
    if (typeof group !== 'string' || names.hasGroup(group)) continue;
    report('invalid', path, `there is no model group "${group}"`, didYouMean(group, names.groups));
  }
  for (const [n, name] of listOf(router['optional_pre_call_checks']).entries()) {
    if (CHECKS.has(String(name))) continue;
    const path = ['router_settings', 'optional_pre_call_checks', n];
    report('not_served', path, `"${String(name)}" is not served; nothing is checked`, {});
  }
  for (const group of Object.keys(mapOf(router['model_group_retry_policy']))) {
    if (names.has(group)) continue;
    const path = ['router_settings', 'model_group_retry_policy', group];
    report('no_effect', path, `has no effect: there is no model group "${group}"`, didYouMean(group, names.groups));
  }
  return problems;
}

/** The served words of `optional_pre_call_checks`. */
const CHECKS: ReadonlySet<string> = new Set([
  'deployment_affinity',
  'session_affinity',
  'prompt_caching',
  'enforce_model_rate_limits',
]);

type Report = (kind: ProblemKind, path: Path, message: string, hint?: { hint?: string }) => void;

function checkEntries(tree: Tree, entries: readonly Tree[], providers: ProviderTable, report: Report): void {
  const credentials = credentialNames(tree);
  const ids = new Map<string, number>();
  for (const [n, entry] of entries.entries()) {
    const params = mapOf(entry['litellm_params']);
    const path = ['model_list', n, 'litellm_params'] as const;
    const credential = params['litellm_credential_name'];
    if (typeof credential === 'string' && !credentials.includes(credential)) {
      report(
        'invalid',
        [...path, 'litellm_credential_name'],
        `there is no credential "${credential}" in credential_list`,
        didYouMean(credential, credentials),
      );
    }
    const model = params['model'];
    if (typeof model === 'string') checkModel(entry, model, params, [...path, 'model'], providers, report);
    const id = mapOf(entry['model_info'])['id'];
    if (typeof id !== 'string' && typeof id !== 'number') continue;
    const first = ids.get(String(id));
    if (first === undefined) ids.set(String(id), n);
    else
      report(
        'invalid',
        ['model_list', n, 'model_info', 'id'],
        `"${String(id)}" is already the id of model_list[${first}]`,
      );
  }
}

function checkModel(
  entry: Tree,
  model: string,
  params: Tree,
  path: Path,
  providers: ProviderTable,
  report: Report,
): void {
  if (isPattern(model) && typeof entry['model_name'] === 'string' && !isPattern(entry['model_name'])) {
    report(
      'invalid',
      path,
      `"${model}" holds *, but its model_name "${entry['model_name']}" does not, so nothing says what * stands for`,
    );
    return;
  }
  if (model === '*') return;
  const found = splitModel(model, customProvider(params), providers);
  switch (found.kind) {
    case 'found':
      return;
    case 'not_served':
      report(
        'not_served',
        path,
        `LiteLLM's provider "${found.provider}" is not served yet; this deployment is left out`,
      );
      return;
    case 'unknown':
      report('invalid', path, found.message, found.hint === undefined ? {} : { hint: found.hint });
      return;
    default:
      found satisfies never;
  }
}

export function customProvider(params: Readonly<Record<string, unknown>>): string | undefined {
  const provider = params['custom_llm_provider'];
  return typeof provider === 'string' ? provider : undefined;
}

function credentialNames(tree: Tree): string[] {
  const lists = [tree['credential_list'], mapOf(tree['litellm_settings'])['credential_list']];
  return lists.flatMap((list) => listOf(list).map((item) => String(mapOf(item)['credential_name'])));
}

type Names = {
  /** Model groups as written, for suggestions. */
  readonly groups: readonly string[];
  /** A group, an id, or a name that a wildcard takes. */
  readonly hasGroup: (name: string) => boolean;
  /** The same, or an alias. */
  readonly has: (name: string) => boolean;
};

function namesOf(tree: Tree, entries: readonly Tree[], otherGroups: readonly string[]): Names {
  const listed = entries.map((entry) => entry['model_name']).filter((name) => typeof name === 'string');
  const groups = [...listed, ...otherGroups];
  const ids = entries
    .map((entry) => mapOf(entry['model_info'])['id'])
    .filter((id) => typeof id === 'string' || typeof id === 'number')
    .map(String);
  const exact = new Set([...groups, ...ids]);
  const patterns: Pattern[] = groups.filter(isPattern).map(compilePattern);
  const aliases = new Set(Object.keys(mapOf(mapOf(tree['router_settings'])['model_group_alias'])));
  const hasGroup = (name: string): boolean =>
    exact.has(name) || patterns.some((pattern) => pattern.capture(name) !== undefined);
  return {
    groups: [...new Set([...groups, ...aliases])],
    hasGroup,
    has: (name) => hasGroup(name) || aliases.has(name),
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function mapOf(value: unknown): Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : {};
}
