/** The models a provider is known to have, by the price list: what `/v1/models` shows in the place of a wildcard. */
import list from '../../providers/pricing/prices.json' with { type: 'json' };
import type { KnownModels } from './match.ts';

type Row = { readonly provider: string; readonly mode?: string };

/** Grouped once: the list has thousands of rows, and every call of `/v1/models` asks for some providers. */
const byProvider = new Map<string, string[]>();

const rows: Readonly<Record<string, Row>> = list.models;
for (const [name, { provider, mode }] of Object.entries(rows)) {
  // Models that do not chat would only be refused.
  if (mode !== undefined && mode !== 'chat') continue;
  const model = name.startsWith(`${provider}/`) ? name.slice(provider.length + 1) : name;
  const models = byProvider.get(provider);
  if (models === undefined) byProvider.set(provider, [model]);
  else models.push(model);
}

export const knownModels: KnownModels = (provider) => byProvider.get(provider) ?? [];
