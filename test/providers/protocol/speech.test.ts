/** Speech by providers with a wire of their own. */
import { describe, expect, it } from '@jest/globals';
import { catalog } from '../../../providers/catalog.ts';
import type { JsonObject } from '../../../providers/protocol/json.ts';
import { InvalidResponse, type PlainTranslation } from '../../../providers/provider.ts';
import { jsonReply, operationOf, sentPlain } from '../plain.ts';
import { targetOf } from '../streams.ts';

function of(id: string): PlainTranslation & { readonly baseUrl: string } {
  const provider = catalog[id];
  if (provider === undefined) throw new Error(id);
  return { ...operationOf(provider, 'speech'), baseUrl: provider.baseUrl };
}

type Row = {
  readonly id: string;
  readonly model: string;
  readonly settings?: JsonObject;
  readonly fields?: JsonObject;
  readonly url: string;
  readonly sent: object;
  readonly reply: unknown;
  readonly contentType: string;
  readonly bytes: readonly number[];
};

const GOOGLE = { vertex_project: 'p', vertex_location: 'us-central1' };
const PCM = {
  candidates: [{ content: { parts: [{ inlineData: { mimeType: 'audio/L16;rate=24000', data: 'AQID' } }] } }],
};

const ROWS: readonly Row[] = [
  {
    id: 'vertex_ai',
    model: 'chirp',
    settings: GOOGLE,
    fields: { voice: 'de-DE-Wavenet-B', speed: 1.5 },
    url: 'https://texttospeech.googleapis.com/v1/text:synthesize',
    sent: {
      input: { text: 'hi' },
      voice: { languageCode: 'de-DE', name: 'de-DE-Wavenet-B' },
      audioConfig: { audioEncoding: 'MP3', speakingRate: 1.5 },
    },
    reply: { audioContent: 'AQID' },
    contentType: 'audio/mpeg',
    bytes: [1, 2, 3],
  },
  {
    id: 'vertex_ai',
    model: 'chirp',
    settings: GOOGLE,
    fields: { input: '<speak>hi</speak>', voice: 'alloy', response_format: 'pcm' },
    url: 'https://texttospeech.googleapis.com/v1/text:synthesize',
    sent: {
      input: { ssml: '<speak>hi</speak>' },
      voice: { languageCode: 'en-US', name: 'en-US-Studio-O' },
      audioConfig: { audioEncoding: 'PCM', sampleRateHertz: 24000 },
    },
    reply: { audioContent: 'AQID' },
    contentType: 'audio/pcm',
    bytes: [1, 2, 3],
  },
  {
    id: 'gemini',
    model: 'gemini-2.5-flash-preview-tts',
    fields: { voice: 'Kore', response_format: 'pcm', instructions: 'Say cheerfully' },
    url: 'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash-preview-tts:generateContent',
    sent: {
      contents: [{ role: 'user', parts: [{ text: 'Say cheerfully: hi' }] }],
      generationConfig: {
        responseModalities: ['AUDIO'],
        speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } },
      },
    },
    reply: PCM,
    contentType: 'audio/pcm',
    bytes: [1, 2, 3],
  },
  {
    id: 'minimax',
    model: 'speech-2.5-hd',
    fields: { voice: 'v', speed: 2, response_format: 'pcm' },
    url: 'https://api.minimax.io/v1/t2a_v2',
    sent: {
      model: 'speech-2.5-hd',
      text: 'hi',
      stream: false,
      output_format: 'hex',
      voice_setting: { voice_id: 'v', speed: 2 },
      audio_setting: { format: 'pcm', sample_rate: 24000 },
    },
    reply: { data: { audio: '010203', status: 2 }, base_resp: { status_code: 0, status_msg: 'success' } },
    contentType: 'audio/pcm',
    bytes: [1, 2, 3],
  },
];

describe.each(ROWS)(
  'speech by $id',
  ({ id, model, settings = {}, fields = {}, url, sent, reply, contentType, bytes }) => {
    const { toRequest, fromResponse, baseUrl } = of(id);
    const target = targetOf(model, settings, baseUrl);
    const body = { input: 'hi', ...fields };

    it('is asked for in its words', () => {
      const wire = sentPlain(toRequest(body, target));
      expect(wire.url).toBe(url);
      expect(wire.json).toEqual(sent);
    });

    it('is bytes of the type that was asked for, counted', () => {
      const answer = fromResponse(jsonReply(reply), body, target);
      expect(answer.body).toEqual({ contentType, bytes: Uint8Array.from(bytes) });
      expect(answer.usage).toBeDefined();
    });

    it('is missed when there is none', () => {
      expect(() => fromResponse(jsonReply({}), body, target)).toThrow(InvalidResponse);
    });
  },
);

describe('speech', () => {
  it('by Gemini has the header that players need, and counts tokens', () => {
    const { fromResponse, baseUrl } = of('gemini');
    const usageMetadata = { promptTokenCount: 2, candidatesTokenCount: 30, totalTokenCount: 32 };
    const answer = fromResponse(jsonReply({ ...PCM, usageMetadata }), { input: 'hi' }, targetOf('m', {}, baseUrl));
    const { bytes, contentType } = answer.body as { bytes: Uint8Array; contentType: string };
    expect(contentType).toBe('audio/wav');
    expect(new TextDecoder().decode(bytes.subarray(0, 12)).replaceAll(/[^A-Z]/g, '')).toBe('RIFFWAVE');
    const view = new DataView(bytes.buffer);
    expect([view.getUint32(24, true), view.getUint32(40, true), bytes.length]).toEqual([24_000, 3, 47]);
    expect(answer.usage?.completion_tokens).toBe(30);
  });

  it('by Polly has its voices and engines, and marks as marks', () => {
    const { toRequest, fromResponse, baseUrl } = of('aws_polly');
    const target = targetOf('neural', { aws_region_name: 'eu-west-1' }, baseUrl);
    const wire = sentPlain(toRequest({ input: '<speak>hi</speak>', voice: 'onyx', response_format: 'opus' }, target));
    expect(wire).toMatchObject({ url: 'https://polly.eu-west-1.amazonaws.com/v1/speech', signingRegion: 'eu-west-1' });
    expect(wire.json).toEqual({
      Engine: 'neural',
      OutputFormat: 'ogg_opus',
      Text: '<speak>hi</speak>',
      TextType: 'ssml',
      VoiceId: 'Brian',
    });
    expect(sentPlain(toRequest({ input: 'hi', voice: 'Vicki' }, target)).json).toMatchObject({ VoiceId: 'Vicki' });
    const bytes = Uint8Array.of(1);
    const answer = fromResponse({ json: undefined, bytes, contentType: 'audio/mpeg' }, { input: 'hi' }, target);
    expect(answer).toEqual({
      body: { bytes, contentType: 'audio/mpeg' },
      usage: expect.objectContaining({ units: { characters: 2 } }),
    });
  });

  it('by MiniMax fails with status 200', () => {
    const { fromResponse, baseUrl } = of('minimax');
    const reply = jsonReply({ base_resp: { status_code: 1026, status_msg: 'sensitive' } });
    expect(() => fromResponse(reply, {}, targetOf('m', {}, baseUrl))).toThrow('sensitive');
  });

  it.each([
    ['aws_polly', 'pcm'],
    ['gemini', 'mp3'],
    ['minimax', 'opus'],
    ['vertex_ai', 'aac'],
  ])('by %s in %s is refused rather than something else', (id, format) => {
    const { toRequest, baseUrl } = of(id);
    expect(toRequest({ input: 'hi', response_format: format }, targetOf('m', {}, baseUrl))).toMatchObject({
      refused: { param: 'response_format' },
    });
  });
});
