/** OpenAI itself. */
import { createOpenAiProvider } from './create.ts';
import { openAiObjection, wantsMaxCompletionTokens } from './models.ts';

export const openai = createOpenAiProvider({
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
  unsupported: [],
  objection: openAiObjection,
  maxTokens: (model) => (wantsMaxCompletionTokens(model) ? 'max_completion_tokens' : 'as_sent'),
  reasoning: 'effort',
  streamUsage: true,
  keeps: [],
});
