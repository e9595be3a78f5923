/** Models behind `invoke` that speak OpenAI's wire: gpt-oss, the newer Mistral, Qwen, Kimi, Jamba. */
import { createOpenAiProvider } from '../../openai/create.ts';
import { FUNCTIONS, OPENAI_ONLY } from '../../openai/dialect.ts';
import { defaultBaseUrl } from '../region.ts';
import { TITLE } from '../error.ts';
import type { InvokeFamily } from './family.ts';
import { RUNTIME } from '../address.ts';

function createChat(keepsModel: boolean) {
  return createOpenAiProvider({
    id: 'bedrock',
    title: TITLE,
    baseUrl: defaultBaseUrl(RUNTIME),
    keyVariables: [],
    auth: { kind: 'none' },
    unsupported: ['logit_bias', 'user', ...FUNCTIONS, ...OPENAI_ONLY],
    maxTokens: 'max_tokens',
    reasoning: 'effort',
    efforts: { minimal: 'low', xhigh: 'high', max: 'high' },
    streamUsage: false,
    keeps: [],
    noNames: true,
    adapt: (body) => {
      // The address says both, and most models refuse what they do not know.
      const given: Record<string, unknown> = body;
      delete given['stream'];
      if (!keepsModel) delete given['model'];
    },
  }).chat;
}

const withModel = createChat(true);
const withoutModel = createChat(false);

/** OpenAI's own open models want their name inside. */
function chatFor(name: string) {
  return /(^|[./])openai\./.test(name) ? withModel : withoutModel;
}

export const openAiFamily: InvokeFamily = {
  toBody: (request, target, { name, id }) => {
    const wire = chatFor(name).toRequest(request, { ...target, model: id, baseUrl: defaultBaseUrl(RUNTIME) });
    return 'refused' in wire ? wire : { json: String(wire.body), dropped: wire.dropped };
  },
  fromResponse: (body, request, target, { name }) => chatFor(name).fromResponse(body, request, target),
  decoder: (request, target, { name }) => chatFor(name).decoder(request, target),
};
