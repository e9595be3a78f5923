/** The headers that tell how an answer came about. */
import type { OutgoingHttpHeaders } from 'node:http';
import type { Accepted, Caller, Provenance } from '../dispatch.ts';
import { commonHeaders } from '../middleware/reply.ts';
import type { Exchange } from './exchange.ts';
import { usdText } from './usd.ts';

export function answerHeaders(exchange: Exchange, accepted: Accepted, provenance: Provenance): OutgoingHttpHeaders {
  const headers = commonHeaders(exchange, accepted.id);
  const durationMs = performance.now() - exchange.startedAtMs;
  if (provenance.deploymentId !== undefined) headers['x-litellm-model-id'] = headerSafe(provenance.deploymentId);
  if (provenance.group !== undefined) headers['x-litellm-model-group'] = headerSafe(provenance.group);
  if (provenance.costNanoUsd !== undefined) headers['x-litellm-response-cost'] = usdText(provenance.costNanoUsd);
  headers['x-litellm-attempted-retries'] = Math.max(0, provenance.attempts - 1 - provenance.fallbacks);
  if (provenance.maxRetries !== undefined) headers['x-litellm-max-retries'] = provenance.maxRetries;
  const base = baseUrlOf(exchange, provenance);
  if (base !== undefined) headers['x-litellm-model-api-base'] = headerSafe(base);
  headers['x-litellm-attempted-fallbacks'] = provenance.fallbacks;
  headers['x-litellm-response-duration-ms'] = toMs(durationMs);
  // A replayed answer's provider time lies in the past: it is no part of this duration.
  if (provenance.providerMs !== undefined && !accepted.replayed) {
    headers['x-litellm-overhead-duration-ms'] = toMs(Math.max(0, durationMs - provenance.providerMs));
  }
  if (provenance.durability === 'journal') headers['x-holdfast-durability'] = 'journal';
  if (accepted.replayed) headers['idempotency-replayed'] = 'true';
  return headers;
}

/** Where the deployment is, as far as somebody said so; without what may be a secret in it. */
function baseUrlOf(exchange: Exchange, { deploymentId }: Provenance): string | undefined {
  const deployment = exchange.deps.config().deployments.find(({ id }) => id === deploymentId);
  if (deployment?.baseUrl === undefined || !URL.canParse(deployment.baseUrl)) return undefined;
  const { origin, pathname } = new URL(deployment.baseUrl);
  return origin + pathname.replace(/\/$/, '');
}

/** For `x-litellm-fallback-errors`: which attempts failed and why. Header values are ASCII. */
export async function fallbackErrors(exchange: Exchange, caller: Caller, id: string): Promise<string | undefined> {
  const request = await exchange.deps.requests.get(id, caller);
  const failed = request?.attempts.flatMap(({ deployment, failure }) =>
    failure === undefined
      ? []
      : [{ model_id: deployment, error: failure.code, message: failure.message.slice(0, 200) }],
  );
  if (failed === undefined || failed.length === 0) return undefined;
  return JSON.stringify(failed).replaceAll(
    /[^\x20-\x7e]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function toMs(ms: number): string {
  return ms.toFixed(2);
}

/** Node refuses a header with other characters by throwing, and group names come from a configuration in any language. */
function headerSafe(value: string): string {
  return /^[\x21-\x7e]+$/.test(value) ? value : encodeURIComponent(value);
}
