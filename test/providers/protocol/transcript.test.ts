/** Sound of the providers with a wire of their own, in OpenAI's forms. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { deepgram } from '../../../providers/deepgram/index.ts';
import { elevenlabs } from '../../../providers/elevenlabs/index.ts';
import { InvalidResponse } from '../../../providers/provider.ts';
import { bodyOf, jsonReply, operationOf, sentPlain } from '../plain.ts';
import { targetOf } from '../streams.ts';

function fixture(path: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../fixtures/${path}`, import.meta.url), 'utf8'));
}

const FILE = { filename: 'a.mp3', content_type: 'audio/mpeg', base64: 'AAEC' };

describe('Deepgram', () => {
  const target = targetOf('nova-3', {}, deepgram.baseUrl);
  const heard = operationOf(deepgram, 'transcription');
  const spoken = operationOf(deepgram, 'speech');

  it('is sent the bytes of the file, and everything else in the address', () => {
    const wire = sentPlain(
      heard.toRequest({ file: FILE, language: 'de', diarize: true, response_format: 'srt' }, target),
    );
    expect(wire.url).toBe('https://api.deepgram.com/v1/listen?model=nova-3&smart_format=true&language=de&diarize=true');
    expect([...(wire.body as Uint8Array)]).toEqual([0, 1, 2]);
    expect(wire.headers).toEqual({ 'content-type': 'audio/mpeg' });
  });

  it('refuses what it cannot do, by its name', () => {
    expect(heard.toRequest({ file: FILE, prompt: 'p' }, target)).toMatchObject({ refused: { param: 'prompt' } });
    expect(heard.toRequest({ file: FILE, response_format: 'diarized_json' }, target)).toMatchObject({
      refused: { param: 'response_format' },
    });
    expect(heard.toRequest({}, target)).toMatchObject({ refused: { param: 'file' } });
    expect(spoken.toRequest({ input: 'a', speed: 2 }, target)).toMatchObject({ refused: { param: 'speed' } });
  });

  it('makes subtitles of words, and is counted in seconds', () => {
    const answer = heard.fromResponse(
      jsonReply(fixture('deepgram/transcription.json')),
      { response_format: 'verbose_json' },
      target,
    );
    expect(bodyOf(answer)).toEqual({
      task: 'transcribe',
      language: 'en',
      duration: 3.5,
      text: 'Hello there. How are you?',
      segments: [
        { id: 0, start: 0.1, end: 1, text: 'Hello there.' },
        { id: 1, start: 1.5, end: 2.5, text: 'How are you?' },
      ],
    });
    expect(answer.usage?.units).toEqual({ seconds: 3.5 });
    expect(() => heard.fromResponse(jsonReply({ results: {} }), {}, target)).toThrow(InvalidResponse);
  });

  it('speaks with the voice that the model names, or the caller', () => {
    const url = (model: string, body: Record<string, unknown>): string =>
      sentPlain(spoken.toRequest({ input: 'Hi', ...body }, { ...target, model })).url;
    expect(url('aura-2-thalia-en', { voice: 'alloy' })).toBe(
      'https://api.deepgram.com/v1/speak?model=aura-2-thalia-en&encoding=mp3',
    );
    expect(url('aura-2', { voice: 'thalia-en', response_format: 'pcm' })).toBe(
      'https://api.deepgram.com/v1/speak?model=aura-2-thalia-en&encoding=linear16&container=none&sample_rate=24000',
    );
  });

  it('says what was wrong', () => {
    expect(deepgram.fromError(400, { err_code: 'Bad Request', err_msg: 'no sound' }, {})).toMatchObject({
      code: 'invalid_request',
      message: 'no sound',
      providerCode: 'Bad Request',
    });
  });
});

describe('ElevenLabs', () => {
  const target = targetOf('eleven_v3', {}, elevenlabs.baseUrl);
  const heard = operationOf(elevenlabs, 'transcription');
  const spoken = operationOf(elevenlabs, 'speech');

  it('speaks with a voice of its own for one of OpenAI’s', () => {
    const wire = sentPlain(
      spoken.toRequest({ input: 'Hi', voice: 'alloy', speed: 1.1, response_format: 'opus' }, target),
    );
    expect(wire.url).toBe(
      'https://api.elevenlabs.io/v1/text-to-speech/21m00Tcm4TlvDq8ikWAM?output_format=opus_48000_128',
    );
    expect(wire.json).toEqual({ text: 'Hi', model_id: 'eleven_v3', voice_settings: { speed: 1.1 } });
    const own = sentPlain(spoken.toRequest({ input: 'Hi', voice: 'a/b' }, target));
    expect(own.url).toBe('https://api.elevenlabs.io/v1/text-to-speech/a%2Fb?output_format=mp3_44100_128');
  });

  it('refuses a format that it has not', () => {
    expect(spoken.toRequest({ input: 'Hi', response_format: 'flac' }, target)).toMatchObject({
      refused: { param: 'response_format' },
    });
  });

  it('writes down what was said', () => {
    const wire = sentPlain(heard.toRequest({ file: FILE, language: 'de' }, target));
    expect(wire.url).toBe('https://api.elevenlabs.io/v1/speech-to-text');
    const form = new TextDecoder().decode(wire.body as Uint8Array);
    expect(form).toContain('name="language_code"\r\n\r\nde\r\n');
    expect(form).toContain('name="model_id"\r\n\r\neleven_v3\r\n');
    const answer = heard.fromResponse(
      jsonReply(fixture('elevenlabs/transcription.json')),
      { timestamp_granularities: ['word'], response_format: 'verbose_json' },
      target,
    );
    expect(bodyOf(answer)).toMatchObject({ text: 'Hello there.', words: [{ word: 'Hello' }, { word: 'there.' }] });
    expect(answer.usage?.units).toEqual({ seconds: 1.25 });
    expect(() => heard.fromResponse(jsonReply({}), {}, target)).toThrow(InvalidResponse);
  });
});
