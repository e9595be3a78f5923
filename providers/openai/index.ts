/** OpenAI itself. */
import { EVERY_MODEL } from './completion.ts';
import { createOpenAiProvider, type OpenAiWire } from './create.ts';
import { createResponses } from './responses.ts';
import { completesText, openAiObjection, wantsMaxCompletionTokens } from './models.ts';

const wire: OpenAiWire = {
  id: 'openai',
  title: 'OpenAI',
  baseUrl: 'https://api.openai.com/v1',
  baseUrlVariables: ['OPENAI_BASE_URL', 'OPENAI_API_BASE'],
  keyVariables: ['OPENAI_API_KEY'],
  auth: { kind: 'bearer' },
  also: [
    'embeddings',
    'moderation',
    'images',
    'imageEdits',
    'imageVariations',
    'speech',
    'transcription',
    'translation',
  ],
  completions: { serves: completesText },
  unsupported: [],
  objection: openAiObjection,
  maxTokens: (model) => (wantsMaxCompletionTokens(model) ? 'max_completion_tokens' : 'as_sent'),
  reasoning: 'effort',
  streamUsage: true,
  keeps: [],
};

const base = createOpenAiProvider(wire);

export const openai: typeof base = {
  ...base,
  native: {
    ...base.native,
    response: createResponses({
      title: wire.title,
      url: ({ baseUrl }) => `${baseUrl.replace(/\/chat\/completions$/, '')}/responses`,
      official: ({ baseUrl }) => baseUrl === wire.baseUrl,
    }),
  },
};

/** LiteLLM's prefix for a model that is to complete texts whatever its name is: a fine-tuned one, or one behind `api_base`. */
export const textCompletionOpenai = createOpenAiProvider({
  ...wire,
  id: 'text-completion-openai',
  title: 'OpenAI text completions',
  completions: EVERY_MODEL,
});
