/** Gemini's voices: sound comes as PCM, and gets the header that players need. */
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';
import { oneOf } from '../protocol/plain-parameters.ts';
import { createPlain } from '../protocol/plain-wire.ts';
import { bytesFrom, speechOf, toWav, voiceName } from '../protocol/speech.ts';
import { InvalidResponse, type PlainTranslation, type Target } from '../provider.ts';
import { toUsage } from './usage.ts';

export type GeminiSpeech = {
  readonly title: string;
  readonly url: (target: Target, method: string) => string;
};

const DEFAULT_RATE_HZ = 24_000;
const takes = oneOf('input', 'voice', 'instructions', 'stream_format', 'speechConfig');

function speechConfig(voice: unknown, own: unknown): JsonObject {
  if (isObject(own)) return { speechConfig: own };
  const name = voiceName(voice);
  return name === undefined ? {} : { speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: name } } } };
}

/** `audio/L16;codec=pcm;rate=24000` */
function rateOf(mimeType: unknown): number {
  const rate = Number(/rate=(\d+)/.exec(textOf(mimeType) ?? '')?.[1] ?? DEFAULT_RATE_HZ);
  return rate > 0 && rate <= 192_000 ? rate : DEFAULT_RATE_HZ;
}

function soundIn(json: unknown): JsonObject | undefined {
  const [candidate] = listOf(isObject(json) ? json['candidates'] : undefined);
  const content = isObject(candidate) ? candidate['content'] : undefined;
  const parts = listOf(isObject(content) ? content['parts'] : undefined).filter(isObject);
  return parts.map((part) => part['inlineData']).find(isObject);
}

export function createGeminiSpeech({ title, url }: GeminiSpeech): PlainTranslation {
  return createPlain({
    title,
    // Nothing else than PCM can be had, and a header is all that can be put around it here.
    takes: (name, value) => (name === 'response_format' ? value === 'wav' || value === 'pcm' : takes(name)),
    toWire: ({ input, voice, instructions, speechConfig: own }, target) => ({
      url: url(target, 'generateContent'),
      json: {
        contents: [
          {
            role: 'user',
            parts: [{ text: [textOf(instructions), textOf(input)].filter((text) => text !== undefined).join(': ') }],
          },
        ],
        generationConfig: { responseModalities: ['AUDIO'], ...speechConfig(voice, own) },
      },
    }),
    fromResponse: ({ json }, body) => {
      const sound = soundIn(json);
      const pcm = bytesFrom(textOf(sound?.['data']) ?? '');
      if (pcm === undefined || pcm.length === 0) throw new InvalidResponse(`${title} answered without sound.`);
      const isBare = body['response_format'] === 'pcm';
      const answer = speechOf(isBare ? pcm : toWav(pcm, rateOf(sound?.['mimeType'])), body, isBare ? '' : 'audio/wav');
      const usage = toUsage(isObject(json) ? json['usageMetadata'] : undefined);
      return usage === undefined ? answer : { ...answer, usage };
    },
  });
}
