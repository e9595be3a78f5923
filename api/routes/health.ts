/** The health routes, in LiteLLM's shapes. Liveness says that the event loop turns, readiness that requests can be carried. */
import { z } from 'zod';
import type { Caller } from '../dispatch.ts';
import { commonHeaders, sendJson } from '../middleware/reply.ts';
import type { Exchange } from './exchange.ts';
import type { EndpointHealth } from './health-probe.ts';
import { parseQuery } from './params.ts';

export const livenessSchema = z.string().meta({ id: 'Liveness', example: "I'm alive!" });

export const readinessSchema = z
  .object({
    status: z.enum(['healthy', 'degraded', 'unhealthy', 'shutting_down']).meta({
      description: '`degraded`: Temporal cannot be reached, and requests are carried by the ledger alone.',
    }),
    db: z.enum(['connected', 'disconnected']),
    temporal: z.enum(['connected', 'disconnected']),
  })
  .meta({ id: 'Readiness' });

const endpointSchema = z.object({
  model: z.string(),
  model_id: z.string(),
  provider: z.string(),
  error: z.string().optional(),
});

export const healthSchema = z
  .object({
    healthy_endpoints: z.array(endpointSchema),
    unhealthy_endpoints: z.array(endpointSchema),
    healthy_count: z.number().int(),
    unhealthy_count: z.number().int(),
  })
  .meta({ id: 'Health' });

export const healthQuerySchema = z.object({
  model: z.string().optional().meta({ description: 'Only the deployments of this model.' }),
  model_id: z.string().optional().meta({ description: 'Only the deployment with this id.' }),
});

export function liveness(exchange: Exchange): void {
  if (exchange.deps.draining()) sendJson(exchange, 503, { status: 'shutting_down' });
  else sendJson(exchange, 200, "I'm alive!");
}

export async function readiness(exchange: Exchange): Promise<void> {
  const { deps } = exchange;
  const { database, temporal } = await deps.health.readiness();
  const body = (status: string): object => ({ status, db: database, temporal });
  const unready = (status: string): void => {
    const headers = commonHeaders(exchange);
    headers['retry-after'] = '1';
    sendJson(exchange, 503, body(status), headers);
  };
  if (deps.draining()) unready('shutting_down');
  else if (database === 'disconnected') unready('unhealthy');
  else if (temporal === 'connected') sendJson(exchange, 200, body('healthy'));
  // With `temporal_down: journal` requests are still served: taken out of the load balancer, the policy would be worth nothing.
  else if (deps.config().holdfast.temporalDown === 'journal') sendJson(exchange, 200, body('degraded'));
  else unready('unhealthy');
}

export async function health(exchange: Exchange, caller: Caller): Promise<void> {
  const { model, model_id: modelId } = parseQuery(exchange.req.url, healthQuerySchema);
  const found = await exchange.deps.health.endpoints({
    ...(model === undefined ? {} : { model }),
    ...(modelId === undefined ? {} : { modelId }),
  });
  const filtered = model !== undefined || modelId !== undefined;
  sendJson(exchange, filtered && found.healthy.length === 0 ? 503 : 200, {
    healthy_endpoints: found.healthy.map((endpoint) => toEndpoint(endpoint, caller)),
    unhealthy_endpoints: found.unhealthy.map((endpoint) => toEndpoint(endpoint, caller)),
    healthy_count: found.healthy.length,
    unhealthy_count: found.unhealthy.length,
  } satisfies z.infer<typeof healthSchema>);
}

/** Why a deployment fails is the operator's to know: a provider's words may name its address. */
function toEndpoint(
  { model, modelId, provider, error }: EndpointHealth,
  { operator }: Caller,
): z.infer<typeof endpointSchema> {
  return { model, model_id: modelId, provider, ...(error !== undefined && operator ? { error } : {}) };
}
