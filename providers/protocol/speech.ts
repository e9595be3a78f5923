/** Speech from providers with a wire of their own: voices by their names, and sound as a caller of OpenAI expects it. */
import { InvalidResponse, type PlainAnswer } from '../provider.ts';
import type { SpeechFormat } from './audio.ts';
import { isObject, textOf, type JsonObject } from './json.ts';
import { unitsOf } from './plain-usage.ts';

const MEDIA_TYPES: Readonly<Record<SpeechFormat, string>> = {
  mp3: 'audio/mpeg',
  opus: 'audio/ogg',
  aac: 'audio/aac',
  flac: 'audio/flac',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
};

/** The media type of a speech, where the provider does not say it. */
export function speechType(contentType: string, body: JsonObject): string {
  if (contentType.startsWith('audio/')) return contentType;
  const format = body['response_format'];
  return (typeof format === 'string' ? MEDIA_TYPES[format as SpeechFormat] : undefined) ?? MEDIA_TYPES.mp3;
}

/** Characters as people count them, and as providers charge them: not halves of surrogate pairs. */
export function charactersIn(body: JsonObject): number {
  return typeof body['input'] === 'string' ? Array.from(body['input']).length : 0;
}

/** A voice is a name, or an object with an id. */
export function voiceName(voice: unknown): string | undefined {
  return isObject(voice) ? (textOf(voice['id']) ?? textOf(voice['name'])) : textOf(voice);
}

/** Errors: {@link InvalidResponse} when there is no sound. */
export function speechOf(bytes: Uint8Array, body: JsonObject, contentType = ''): PlainAnswer {
  if (bytes.length === 0) throw new InvalidResponse('The provider answered without sound.');
  return {
    body: { bytes, contentType: speechType(contentType, body) },
    usage: unitsOf({ characters: charactersIn(body) }),
  };
}

/** Bytes from base64; nothing when it is not base64. */
export function bytesFrom(base64: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** PCM (16 bit, one channel) with the header that players need (RIFF). */
export function toWav(pcm: Uint8Array, rateHz: number): Uint8Array {
  const wav = new Uint8Array(44 + pcm.length);
  const view = new DataView(wav.buffer);
  const write = (at: number, text: string): void => {
    for (let index = 0; index < text.length; index += 1) wav[at + index] = text.charCodeAt(index);
  };
  write(0, 'RIFF');
  view.setUint32(4, 36 + pcm.length, true);
  write(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rateHz, true);
  view.setUint32(28, rateHz * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  write(36, 'data');
  view.setUint32(40, pcm.length, true);
  wav.set(pcm, 44);
  return wav;
}
