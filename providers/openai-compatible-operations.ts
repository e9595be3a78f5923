/** What single compatible providers offer besides chat by a wire of their own. Each is a field of a row. */
import type { SpeechFormat } from './protocol/audio.ts';
import { fromHex } from './protocol/hex.ts';
import { isObject, listOf, textOf, type JsonObject } from './protocol/json.ts';
import { picturesAt } from './protocol/images.ts';
import { sizeOf } from './protocol/image-size.ts';
import { oneOf } from './protocol/plain-parameters.ts';
import { countedRead, countsOf } from './protocol/plain-usage.ts';
import { createPlain } from './protocol/plain-wire.ts';
import { documentTexts, scoresIn, toRerank } from './protocol/rerank.ts';
import { createRerank } from './protocol/rerank-wire.ts';
import { speechOf, voiceName } from './protocol/speech.ts';
import { InvalidResponse, type PlainTranslation } from './provider.ts';

const RANKED = ['query', 'documents', 'top_n', 'return_documents', 'rank_fields'] as const;

/** DeepInfra scores pairs: the query is repeated for each document. */
export const deepInfraRerank: PlainTranslation = createPlain({
  title: 'DeepInfra',
  takes: oneOf(...RANKED, 'instruction'),
  toWire: ({ query, instruction }, { model, baseUrl }, body) => {
    const documents = documentTexts(body);
    return {
      url: `${baseUrl.replace(/\/openai$/, '')}/inference/${model.split('/').map(encodeURIComponent).join('/')}`,
      json: {
        queries: documents.map(() => query),
        documents,
        ...(instruction === undefined ? {} : { instruction }),
      },
    };
  },
  fromResponse: ({ json }, body, target) => {
    const reply = isObject(json) ? json : {};
    const scores = listOf(reply['scores']).map((score, index) => ({ index, score }));
    if (scores.length !== listOf(body['documents']).length)
      throw new InvalidResponse('DeepInfra did not score every document.');
    return toRerank(scores, body, countedRead(reply['input_tokens']).usage, target.id);
  },
});

const NVIDIA_HOSTED = 'https://integrate.api.nvidia.com/v1';

/** NVIDIA's own service has an address for each model; a container of one's own has one for all. */
export const nvidiaRerank: PlainTranslation = createPlain({
  title: 'NVIDIA NIM',
  takes: oneOf(...RANKED, 'truncate'),
  toWire: ({ query, truncate }, { model, baseUrl }, body) => ({
    url:
      baseUrl === NVIDIA_HOSTED
        ? `https://ai.api.nvidia.com/v1/retrieval/${model.replaceAll('.', '_')}/reranking`
        : `${baseUrl.replace(/\/ranking$/, '')}/ranking`,
    json: {
      model,
      query: { text: query },
      passages: documentTexts(body).map((text) => ({ text })),
      ...(truncate === undefined ? {} : { truncate }),
    },
  }),
  fromResponse: ({ json }, body, target) => {
    const usage = countsOf(isObject(json) ? json['usage'] : undefined);
    return toRerank(scoresIn(json, 'rankings', 'logit'), body, usage, target.id);
  },
});

function rootOf(baseUrl: string): string {
  return baseUrl.replace(/\/compatible-mode(\/v1)?$/, '');
}

export const dashScopeRerank: PlainTranslation = createRerank({
  title: 'Alibaba DashScope',
  url: ({ baseUrl }) => `${rootOf(baseUrl)}/compatible-api/v1/reranks`,
  also: ['instruct'],
});

export const dashScopeImages: PlainTranslation = createPlain({
  title: 'Alibaba DashScope',
  takes: oneOf('prompt', 'n', 'size', 'response_format', 'negative_prompt', 'prompt_extend', 'watermark', 'seed'),
  toWire: ({ prompt, size, response_format: _ours, ...rest }, { model, baseUrl }) => ({
    url: `${rootOf(baseUrl)}/api/v1/services/aigc/multimodal-generation/generation`,
    json: {
      model,
      input: { messages: [{ role: 'user', content: [{ text: prompt }] }] },
      parameters: { ...rest, ...starSize(size) },
    },
  }),
  fromResponse: ({ json }, body, target) => {
    const output = isObject(json) ? json['output'] : undefined;
    const choices = listOf(isObject(output) ? output['choices'] : undefined);
    return picturesAt(choices.flatMap(picturesOf), body, target.created);
  },
});

/** It writes sizes with a star. */
function starSize(size: unknown): JsonObject {
  if (size === undefined || size === 'auto') return {};
  if (typeof size === 'string' && /^\d+\*\d+$/.test(size)) return { size };
  const { width, height } = sizeOf(size);
  return { size: `${width}*${height}` };
}

function picturesOf(choice: unknown): unknown[] {
  const message = isObject(choice) ? choice['message'] : undefined;
  return listOf(isObject(message) ? message['content'] : undefined).flatMap((part) =>
    isObject(part) && part['image'] !== undefined ? [part['image']] : [],
  );
}

const MINIMAX_FORMATS: readonly unknown[] = ['mp3', 'wav', 'flac', 'pcm'] satisfies SpeechFormat[];
const DEFAULT_MINIMAX_VOICE = 'English_expressive_narrator';

/** A caller of OpenAI plays PCM at 24 kHz. */
const PCM_RATE_HZ = 24_000;

/** MiniMax speaks in hexadecimal digits, and fails with status 200. */
export function minimaxSpeech(readFrame: (frame: JsonObject) => JsonObject): PlainTranslation {
  return createPlain({
    title: 'MiniMax',
    takes: (name, value) =>
      name === 'response_format'
        ? MINIMAX_FORMATS.includes(value)
        : oneOf('input', 'voice', 'speed', 'stream_format', 'voice_setting', 'audio_setting', 'language_boost')(name),
    toWire: (kept, { model, baseUrl }) => {
      const { input, voice, speed, response_format: format = 'mp3', stream_format: _whole, ...own } = kept;
      const { voice_setting: voiceSetting, audio_setting: audioSetting, ...rest } = own;
      return {
        url: `${baseUrl}/t2a_v2`,
        json: {
          ...rest,
          model,
          text: input,
          stream: false,
          output_format: 'hex',
          voice_setting: {
            voice_id: voiceName(voice) ?? DEFAULT_MINIMAX_VOICE,
            ...(speed === undefined ? {} : { speed }),
            ...(isObject(voiceSetting) ? voiceSetting : {}),
          },
          audio_setting: {
            format,
            ...(format === 'pcm' ? { sample_rate: PCM_RATE_HZ } : {}),
            ...(isObject(audioSetting) ? audioSetting : {}),
          },
        },
      };
    },
    fromResponse: ({ json }, body) => {
      const reply = readFrame(isObject(json) ? json : {});
      const { error } = reply;
      if (isObject(error)) {
        const message = `MiniMax: ${textOf(error['message']) ?? 'no sound'}`;
        const code = error['code'] === 'content_policy_violation' ? error['code'] : 'provider_error';
        throw new InvalidResponse(message, { code, message, billed: 'maybe' });
      }
      const data = isObject(reply['data']) ? reply['data'] : {};
      const bytes = fromHex(textOf(data['audio']) ?? '');
      if (bytes === undefined) throw new InvalidResponse('MiniMax answered without sound.');
      return speechOf(bytes, body);
    },
  });
}
