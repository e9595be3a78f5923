/** Speech on Google Cloud: its older voices by a service of their own, Gemini's by the models' address. */
import { createGeminiSpeech } from '../gemini/speech.ts';
import { isObject, textOf, type JsonObject } from '../protocol/json.ts';
import { oneOf } from '../protocol/plain-parameters.ts';
import { createPlain } from '../protocol/plain-wire.ts';
import { bytesFrom, speechOf, voiceName } from '../protocol/speech.ts';
import { InvalidResponse, type PlainTranslation, type Target } from '../provider.ts';
import { BASE_URL, modelUrl, projectOf } from './address.ts';
import { TITLE } from './title.ts';

const SERVICE = 'https://texttospeech.googleapis.com';
const FORMATS: Readonly<Record<string, string>> = { mp3: 'MP3', opus: 'OGG_OPUS', wav: 'LINEAR16', pcm: 'PCM' };
const DEFAULT_VOICE = 'en-US-Studio-O';

/** A caller of OpenAI plays PCM at 24 kHz. */
const PCM_RATE_HZ = 24_000;

const takes = oneOf('input', 'voice', 'speed', 'stream_format', 'audioConfig');

/** `de-DE-Wavenet-B` says its language. OpenAI's names for voices mean none here. */
function voiceOf(voice: unknown): JsonObject {
  if (isObject(voice) && (voice['languageCode'] !== undefined || voice['name'] !== undefined)) return voice;
  const given = voiceName(voice) ?? DEFAULT_VOICE;
  const name = /^[a-z]{2,3}-[A-Za-z]{2,4}-/.test(given) ? given : DEFAULT_VOICE;
  return { languageCode: name.split('-').slice(0, 2).join('-'), name };
}

const synthesis = createPlain({
  title: TITLE,
  takes: (name, value) => (name === 'response_format' ? Object.hasOwn(FORMATS, String(value)) : takes(name)),
  toWire: ({ input, voice, speed, response_format: format = 'mp3', audioConfig: own }, target) => {
    const project = projectOf(target);
    const isMarked = typeof input === 'string' && input.trimStart().startsWith('<speak>');
    return {
      url: `${target.baseUrl === BASE_URL ? SERVICE : target.baseUrl}/v1/text:synthesize`,
      headers: project === undefined ? {} : { 'x-goog-user-project': project },
      json: {
        input: isMarked ? { ssml: input } : { text: input },
        voice: voiceOf(voice),
        audioConfig: {
          audioEncoding: FORMATS[String(format)],
          ...(format === 'pcm' ? { sampleRateHertz: PCM_RATE_HZ } : {}),
          ...(speed === undefined ? {} : { speakingRate: speed }),
          ...(isObject(own) ? own : {}),
        },
      },
    };
  },
  fromResponse: ({ json }, body) => {
    const bytes = bytesFrom(textOf(isObject(json) ? json['audioContent'] : undefined) ?? '');
    if (bytes === undefined) throw new InvalidResponse(`${TITLE} answered without sound.`);
    return speechOf(bytes, body);
  },
});

const spoken = createGeminiSpeech({
  title: TITLE,
  url: (target, method) => modelUrl(target, 'google', target.model, method),
});

function speechBy({ model }: Target): PlainTranslation {
  return model.startsWith('gemini') ? spoken : synthesis;
}

export const speech: PlainTranslation = {
  toRequest: (body, target) => speechBy(target).toRequest(body, target),
  fromResponse: (reply, body, target) => speechBy(target).fromResponse(reply, body, target),
};
