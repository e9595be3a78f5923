/** A deployment as a plan holds it: what decisions compare, and nothing secret. */
import { modelFacts } from '../providers/pricing/prices.ts';
import type { Deployment } from './config/config.ts';
import type { PlannedDeployment } from './contract.ts';

/** `group` are the deployments it is chosen among: what is its weight depends on what they have. */
export function toPlanned(deployment: Deployment, group: readonly Deployment[]): PlannedDeployment {
  const { id, provider, model, order, numRetries, cooldownTimeMs, rpm, tpm } = deployment;
  const weight = weightIn(deployment, group);
  const maxParallel = parallelLimit(deployment);
  const costPerTokenUsd = costOf(deployment);
  return {
    id,
    provider,
    model,
    ...(weight === undefined ? {} : { weight }),
    ...(order === undefined ? {} : { order }),
    ...(numRetries === undefined ? {} : { numRetries }),
    ...(cooldownTimeMs === undefined ? {} : { cooldownTimeMs }),
    ...(rpm === undefined ? {} : { rpm }),
    ...(tpm === undefined ? {} : { tpm }),
    ...(maxParallel === undefined ? {} : { maxParallel }),
    ...(costPerTokenUsd === undefined ? {} : { costPerTokenUsd }),
  };
}

const SHARES = ['weight', 'rpm', 'tpm'] as const;

/** The first of weight, rpm and tpm that any of the group has counts for all; who lacks it gets no traffic. */
function weightIn(deployment: Deployment, group: readonly Deployment[]): number | undefined {
  const share = SHARES.find((name) => group.some((one) => (one[name] ?? 0) > 0));
  return share === undefined ? undefined : (deployment[share] ?? 0);
}

/** Calls under way at once, as far as a deployment is limited in that: by its own word, else as its limits per minute suggest. */
export function parallelLimit({ maxParallelRequests, rpm, tpm }: Deployment): number | undefined {
  if (maxParallelRequests !== undefined) return maxParallelRequests;
  if (rpm !== undefined && rpm > 0) return rpm;
  return tpm === undefined || tpm <= 0 ? undefined : Math.max(1, Math.floor((tpm * 6) / 1000));
}

function costOf({ provider, model, settings, modelInfo }: Deployment): number | undefined {
  const listed = modelFacts(provider, model)?.prices;
  const priceOf = (key: string): number | undefined => toNumber(settings[key] ?? modelInfo[key] ?? listed?.[key]);
  const input = priceOf('input_cost_per_token');
  const output = priceOf('output_cost_per_token');
  return input === undefined && output === undefined ? undefined : (input ?? 0) + (output ?? 0);
}

function toNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}
