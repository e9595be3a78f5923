/** The headers that tell how an answer came about. */
import type { OutgoingHttpHeaders } from 'node:http';
import type { Accepted, Provenance } from '../dispatch.ts';
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

function toMs(ms: number): string {
  return ms.toFixed(2);
}

/** Node refuses a header with other characters by throwing, and group names come from a configuration in any language. */
function headerSafe(value: string): string {
  return /^[\x21-\x7e]+$/.test(value) ? value : encodeURIComponent(value);
}
