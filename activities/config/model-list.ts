/** `model_list` → deployments: ids, entries for every model (`model: "*"`), and providers that are not served left out. */
import type { Deployment } from './config.ts';
import { deploymentId, effectiveParams, firstSet, toDeployment, type DeploymentContext } from './deployment.ts';
import { BARE_NAMES, splitModel } from './model-name.ts';
import { isPattern } from './pattern.ts';
import type { DeploymentEntry } from './schema-deployment.ts';

/** `written[n]` is the hash of the n-th entry as it stands in the file; see {@link deploymentId}. */
export function toDeployments(
  entries: readonly DeploymentEntry[],
  written: readonly string[],
  context: DeploymentContext,
): Deployment[] {
  const seen = new Map<string, number>();
  return entries.flatMap((entry, n) => {
    const hash = written[n] ?? deploymentId(entry);
    // Two equal entries, or two that differ in a key written out, are two deployments all the same.
    const earlier = seen.get(hash) ?? 0;
    seen.set(hash, earlier + 1);
    const id = entry.model_info?.id ?? (earlier === 0 ? hash : deploymentId([hash, earlier]));

    const params = effectiveParams(entry, context);
    if (params.model === '*') return expandEverything(entry, id, context);
    const target = splitModel(params.model, params.custom_llm_provider, context.providers);
    return target.kind === 'found' ? [toDeployment(entry, target, id, context)] : [];
  });
}

/**
 * `model_name: "*"` with `model: "*"` means "whatever the caller names, at the provider it names": one wildcard for each
 * provider that has a key, and for the bare names that need no prefix.
 */
function expandEverything(entry: DeploymentEntry, id: string, context: DeploymentContext): Deployment[] {
  const { providers, variables } = context;
  const params = effectiveParams(entry, context);
  const usable = Object.entries(providers).filter(
    ([provider, { keyVariables, accountVariables }]) =>
      (params.custom_llm_provider === undefined || params.custom_llm_provider === provider) &&
      (params.api_key !== undefined ||
        firstSet(variables, keyVariables) !== undefined ||
        firstSet(variables, accountVariables) !== undefined),
  );
  const ids = new Set(usable.map(([provider]) => provider));
  const names = [
    ...usable.map(([provider]) => [`${provider}/*`, provider, '*'] as const),
    ...BARE_NAMES.filter(([, provider]) => ids.has(provider)).map(
      ([name, provider]) => [name, provider, name] as const,
    ),
  ];
  return names.flatMap(([name, provider, model]) => {
    const group =
      entry.model_name === '*' ? name : isPattern(entry.model_name) ? entry.model_name.replace('*', name) : undefined;
    if (group === undefined) return [];
    return [toDeployment({ ...entry, model_name: group }, { provider, model }, `${id}:${name}`, context)];
  });
}
