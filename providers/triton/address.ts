/** Where a Triton server does what: a configuration may name the server, a model, or the whole address. */
import { Refused } from '../protocol/refused.ts';
import type { Target } from '../provider.ts';
import { TITLE } from './error.ts';

export type Operation = 'generate' | 'generate_stream' | 'infer';

export function speaksInfer({ baseUrl }: Target): boolean {
  return baseUrl.endsWith('/infer');
}

/** Throws `Refused` where the deployment has no address. */
export function urlOf({ baseUrl, model }: Target, operation: Operation): string {
  if (baseUrl === '')
    throw new Refused('provider_unreachable', `${TITLE} has no address: set api_base on the deployment.`);
  const root = baseUrl.replace(/\/(generate(_stream)?|infer)$/, '').replace(/\/v2$/, '');
  return /\/v2\/models\/[^/]+(\/versions\/[^/]+)?$/.test(root)
    ? `${root}/${operation}`
    : `${root}/v2/models/${encodeURIComponent(model)}/${operation}`;
}
