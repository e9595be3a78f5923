/** AWS SageMaker: endpoints of one's own that complete text, or that speak OpenAI's wire. */
import { defaultBaseUrl } from '../bedrock/region.ts';
import { AWS_VARIABLES } from '../bedrock/variables.ts';
import { createOpenAiProvider, type OpenAiWire } from '../openai/create.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { orRefusal } from '../protocol/refused.ts';
import type { Provider } from '../provider.ts';
import { addressed, RUNTIME } from './address.ts';
import { embeddings } from './embeddings.ts';
import { fromError, TITLE } from './error.ts';
import { byLines } from './lines.ts';
import { textChat } from './text.ts';

const shared = {
  title: TITLE,
  baseUrl: defaultBaseUrl(RUNTIME),
  keyVariables: [],
  ...AWS_VARIABLES,
  auth: { kind: 'sigv4', service: 'sagemaker' },
  fromError,
} as const;

export const sagemaker: Provider = { ...shared, id: 'sagemaker', chat: textChat, embeddings };

function createChat(id: string, difference: Pick<OpenAiWire, 'adapt'>): Provider {
  const { chat } = createOpenAiProvider({
    ...shared,
    id,
    unsupported: ['user', 'verbosity', 'functions', 'function_call', 'web_search_options', 'store'],
    maxTokens: 'max_tokens',
    reasoning: 'effort',
    streamUsage: true,
    keeps: [],
    ...difference,
  });
  return {
    ...shared,
    id,
    chat: {
      ...chat,
      toRequest: (request, target) =>
        orRefusal(() => {
          const wire = chat.toRequest(request, target);
          if ('refused' in wire) return wire;
          return addressed(target, {
            json: String(wire.body),
            streaming: request.stream === true,
            dropped: wire.dropped,
          });
        }),
      framing: 'aws-eventstream',
      decoder: (request, target) => byLines(chat.decoder(request, target)),
    },
  };
}

export const sagemakerChat = createChat('sagemaker_chat', {});

/** Nova's own container refuses to be told which model it is. */
export const sagemakerNova = createChat('sagemaker_nova', {
  adapt: (body: ChatRequest) => {
    const given: Record<string, unknown> = body;
    delete given['model'];
  },
});
