/** Azure's model catalogue (`azure_ai`): Foundry resources, endpoints of a single model, and Claude in Anthropic's own protocol. */
import { anthropic } from '../anthropic/index.ts';
import { createDecoder as createAnthropicDecoder } from '../anthropic/decoder.ts';
import { toRequest as toAnthropicRequest } from '../anthropic/request.ts';
import { fromResponse as fromAnthropicResponse } from '../anthropic/response.ts';
import { createOpenAiProvider, type OpenAiWire } from '../openai/create.ts';
import { createDecoder } from '../openai/decoder.ts';
import { createToRequest } from '../openai/request.ts';
import type { Provider, Target } from '../provider.ts';
import { withFilterResults } from './filter-results.ts';
import { azureLength, catalogueObjection } from './models.ts';
import { azureModelsUrl, azureRerankUrl, noUrl } from './url.ts';
import { AZURE_VARIABLES } from './variables.ts';

const wire: OpenAiWire = {
  id: 'azure_ai',
  title: 'Azure AI Foundry',
  baseUrl: '',
  baseUrlVariables: ['AZURE_AI_API_BASE'],
  keyVariables: ['AZURE_AI_API_KEY'],
  settingVariables: AZURE_VARIABLES,
  auth: { kind: 'azure', foreignHosts: 'bearer' },
  unsupported: ['safety_identifier', 'prompt_cache_retention'],
  objection: catalogueObjection,
  maxTokens: azureLength,
  reasoning: 'effort',
  streamUsage: true,
  keeps: [],
  flattenText: true,
  also: ['embeddings', 'rerank'],
  plainUrl: (target, path) =>
    path === '/rerank' ? azureRerankUrl(target) : azureModelsUrl(target)?.url.replace('/chat/completions', path),
};

const base = createOpenAiProvider(wire);
const toOpenAiRequest = createToRequest(wire, wire.baseUrl);

function isClaude(target: Target): boolean {
  return azureModelsUrl(target)?.kind === 'anthropic';
}

export const azureAi: Provider = {
  ...base,
  chat: {
    ...base.chat,
    toRequest: (request, target) => {
      const address = azureModelsUrl(target);
      // An empty address is explained there.
      if (address === undefined)
        return target.baseUrl === '' ? toOpenAiRequest(request, target) : noUrl(wire.title, target.baseUrl);
      if (address.kind === 'anthropic') return toAnthropicRequest(request, { ...target, baseUrl: address.url });
      const sent = toOpenAiRequest(request, target);
      return 'refused' in sent ? sent : { ...sent, url: address.url };
    },
    fromResponse: (body, request, target) =>
      isClaude(target) ? fromAnthropicResponse(body, request, target) : base.chat.fromResponse(body, request, target),
    decoder: (request, target) =>
      isClaude(target) ? createAnthropicDecoder(request, target) : withFilterResults(createDecoder(wire, target)),
  },
  // Both protocols put type and message in the same places; only Anthropic's has a `type` of its own at the top.
  fromError: (status, body, headers) =>
    typeof body === 'object' && body !== null && 'type' in body
      ? anthropic.fromError(status, body, headers)
      : base.fromError(status, body, headers),
};
