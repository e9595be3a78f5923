/** Deployments without a configuration file: the built-in mock provider, and every provider whose key is in the environment. */
import type { Deployment } from './config.ts';
import { firstSet, settingsFrom } from './deployment.ts';
import { splitModel, type ProviderTable } from './model-name.ts';
import type { Variables } from './references.ts';

/** The built-in provider that answers by itself, so that a first request works without any key. */
export const MOCK = 'mock';

/** One wildcard group `<provider>/*` per provider that can be called. */
export function zeroDeployments(providers: ProviderTable, variables: Variables): Deployment[] {
  const usable = Object.entries(providers).filter(
    ([id, provider]) =>
      id === MOCK ||
      firstSet(variables, provider.keyVariables) !== undefined ||
      firstSet(variables, provider.accountVariables) !== undefined ||
      firstSet(variables, provider.baseUrlVariables) !== undefined,
  );
  return usable.map(([id]) => plainDeployment(`${id}/*`, id, '*', providers, variables));
}

/** `--model provider/model`: one deployment under the name given, or what is wrong with the name. */
export function modelDeployment(
  name: string,
  providers: ProviderTable,
  variables: Variables,
): { deployment: Deployment } | { message: string; hint?: string } {
  if (name.includes('*')) return { message: `"${name}" holds *, expected one model` };
  const target = splitModel(name, undefined, providers);
  switch (target.kind) {
    case 'found':
      return { deployment: plainDeployment(name, target.provider, target.model, providers, variables) };
    case 'not_served':
      return { message: `the provider "${target.provider}" is not served yet` };
    case 'unknown':
      return { message: target.message, ...(target.hint !== undefined && { hint: target.hint }) };
  }
}

/** A deployment that has nothing but what the environment says. */
export function plainDeployment(
  group: string,
  provider: string,
  model: string,
  providers: ProviderTable,
  variables: Variables,
): Deployment {
  const apiKey = firstSet(variables, providers[provider]?.keyVariables);
  const baseUrl = firstSet(variables, providers[provider]?.baseUrlVariables)?.replace(/\/+$/, '');
  return {
    // The name says it all here, and people recognise it in the Temporal UI.
    id: group,
    group,
    provider,
    model,
    ...(baseUrl !== undefined && { baseUrl }),
    ...(apiKey !== undefined && { apiKey }),
    tags: [],
    defaults: {},
    settings: settingsFrom(variables, providers[provider]),
    modelInfo: {},
  };
}
