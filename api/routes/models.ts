/** `GET /v1/models` and `GET /v1/models/{id}`, in OpenAI's shape. */
import { z } from 'zod';
import { matcherOf } from '../../activities/config/match.ts';
import { isPattern } from '../../activities/config/pattern.ts';
import { mayCall } from '../access/models.ts';
import type { Caller } from '../dispatch.ts';
import { edgeFailure, Refusal } from '../middleware/refusal.ts';
import { sendJson } from '../middleware/reply.ts';
import type { Exchange, Params } from './exchange.ts';
import { parseQuery, pathOf } from './params.ts';

export const modelsQuerySchema = z.object({
  return_wildcard_routes: z
    .enum(['true', 'false', 'True', 'False', '1', '0'])
    .optional()
    .meta({ description: 'Also list wildcard names, such as `openai/*`.' }),
});

export const modelSchema = z
  .object({ id: z.string(), object: z.literal('model'), created: z.number().int(), owned_by: z.string() })
  .meta({ id: 'Model' });

export const modelListSchema = z
  .object({ object: z.literal('list'), data: z.array(modelSchema) })
  .meta({ id: 'ModelList' });

/** LiteLLM's constants: clients that compare lists see no difference after a move. */
const CREATED = 1_677_610_602;
const OWNER = 'openai';

export function listModels(exchange: Exchange, caller: Caller): void {
  const query = parseQuery(exchange.req.url, modelsQuerySchema);
  const withWildcards = ['true', 'True', '1'].includes(query.return_wildcard_routes ?? '');
  const { config, knownModels } = exchange.deps;
  const names = matcherOf(config()).list(knownModels);
  const data = names
    .filter(({ id }) => (withWildcards || !isPattern(id)) && mayCall(config(), caller, id))
    .map(({ id }) => toModel(id));
  sendJson(exchange, 200, { object: 'list', data });
}

export function getModel(exchange: Exchange, caller: Caller, params: Params): void {
  const id = pathOf(params['id']) ?? '';
  const config = exchange.deps.config();
  if (matcherOf(config).find(id) === undefined || !mayCall(config, caller, id)) {
    throw new Refusal(
      edgeFailure(
        'model_not_found',
        `The model \`${id.slice(0, 200)}\` does not exist or you do not have access to it.`,
        'model',
      ),
    );
  }
  sendJson(exchange, 200, toModel(id));
}

function toModel(id: string): z.infer<typeof modelSchema> {
  return { id, object: 'model', created: CREATED, owned_by: OWNER };
}
