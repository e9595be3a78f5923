/** Azure OpenAI: OpenAI's wire at deployments of one's own. */
import { createOpenAiProvider, type OpenAiWire } from '../openai/create.ts';
import { createDecoder } from '../openai/decoder.ts';
import { createToRequest } from '../openai/request.ts';
import { createResponses } from '../openai/responses.ts';
import { textOf } from '../protocol/json.ts';
import type { Provider, Target } from '../provider.ts';
import { withFilterResults } from './filter-results.ts';
import { azureLength, azureObjection, deploymentOf } from './models.ts';
import { azureResponsesUrl, azureUrl, noUrl } from './url.ts';
import { AZURE_VARIABLES } from './variables.ts';

const wire: OpenAiWire = {
  id: 'azure',
  title: 'Azure OpenAI',
  baseUrl: '',
  baseUrlVariables: ['AZURE_API_BASE', 'AZURE_OPENAI_ENDPOINT'],
  keyVariables: ['AZURE_OPENAI_API_KEY', 'AZURE_API_KEY'],
  settingVariables: { ...AZURE_VARIABLES, api_version: ['AZURE_API_VERSION'] },
  auth: { kind: 'azure', foreignHosts: 'api-key' },
  unsupported: ['safety_identifier', 'prompt_cache_retention'],
  objection: azureObjection,
  maxTokens: azureLength,
  reasoning: 'effort',
  streamUsage: true,
  keeps: [],
  upstreamModel: deploymentOf,
  also: ['embeddings', 'images', 'imageEdits', 'speech', 'transcription', 'translation'],
  plainUrl: (target, path) => azureUrl(target, deploymentOf(target.model))?.replace('/chat/completions', path),
};

const withUsage = createToRequest(wire, wire.baseUrl);
const withoutUsage = createToRequest({ ...wire, streamUsage: false }, wire.baseUrl);

/** The first version that takes `stream_options`; older ones refuse it and count nothing in a stream. */
const USAGE_SINCE = '2024-09-01';

function takesStreamOptions(target: Target): boolean {
  const version = textOf(target.settings['api_version']) ?? '';
  return !/^\d{4}-\d{2}-\d{2}/.test(version) || version.slice(0, USAGE_SINCE.length) >= USAGE_SINCE;
}

const base = createOpenAiProvider(wire);

export const azure: Provider = {
  ...base,
  native: {
    ...base.native,
    response: createResponses({
      title: wire.title,
      url: azureResponsesUrl,
      // Not every region and resource has it.
      official: () => false,
      upstreamModel: deploymentOf,
    }),
  },
  chat: {
    ...base.chat,
    toRequest: (request, target) => {
      const sent = (takesStreamOptions(target) ? withUsage : withoutUsage)(request, target);
      if ('refused' in sent) return sent;
      const url = azureUrl(target, deploymentOf(target.model));
      return url === undefined ? noUrl(wire.title, target.baseUrl) : { ...sent, url };
    },
    decoder: (_request, target) => withFilterResults(createDecoder(wire, target)),
  },
};
