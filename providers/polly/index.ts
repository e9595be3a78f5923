/** AWS Polly: text to speech. The model's name is the engine. */
import { createFromError } from '../bedrock/error.ts';
import { defaultBaseUrl, placeOf, type Service } from '../bedrock/region.ts';
import { AWS_VARIABLES } from '../bedrock/variables.ts';
import { toSpeech } from '../openai/files.ts';
import { oneOf } from '../protocol/plain-parameters.ts';
import { createPlain } from '../protocol/plain-wire.ts';
import { voiceName } from '../protocol/speech.ts';
import type { Provider } from '../provider.ts';

const TITLE = 'AWS Polly';
const SERVICE: Service = { host: 'polly', setting: 'aws_polly_endpoint' };

/** OpenAI's voices, by those of Polly that LiteLLM puts in their place. */
const VOICES: Readonly<Record<string, string>> = {
  alloy: 'Joanna',
  echo: 'Matthew',
  fable: 'Amy',
  onyx: 'Brian',
  nova: 'Ivy',
  shimmer: 'Kendra',
};

/** Its PCM is slower than a caller of OpenAI plays it. */
const FORMATS: Readonly<Record<string, string>> = { mp3: 'mp3', opus: 'ogg_opus' };

const takes = oneOf('input', 'voice', 'stream_format', 'LanguageCode', 'TextType', 'LexiconNames', 'SampleRate');

function voiceOf(voice: unknown): string {
  const named = voiceName(voice) ?? 'alloy';
  return Object.hasOwn(VOICES, named) ? (VOICES[named] ?? named) : named;
}

export const polly: Provider = {
  id: 'aws_polly',
  title: TITLE,
  baseUrl: defaultBaseUrl(SERVICE),
  keyVariables: [],
  ...AWS_VARIABLES,
  auth: { kind: 'sigv4', service: 'polly' },
  speech: createPlain({
    title: TITLE,
    takes: (name, value) => (name === 'response_format' ? Object.hasOwn(FORMATS, String(value)) : takes(name)),
    toWire: ({ input, voice, response_format: format = 'mp3', stream_format: _whole, ...rest }, target) => {
      const { region, baseUrl } = placeOf(target, SERVICE, undefined);
      const isMarked = typeof input === 'string' && input.trimStart().startsWith('<speak>');
      return {
        url: `${baseUrl}/v1/speech`,
        json: {
          TextType: isMarked ? 'ssml' : 'text',
          ...rest,
          Engine: target.model,
          OutputFormat: FORMATS[String(format)],
          Text: input,
          VoiceId: voiceOf(voice),
        },
        signingRegion: region,
      };
    },
    fromResponse: toSpeech,
  }),
  fromError: createFromError(TITLE),
};
