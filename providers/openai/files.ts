/** Operations on OpenAI's wire whose request or answer is a file: pictures and sound. */
import type { TranscriptFormat } from '../protocol/audio.ts';
import { bytesOf, isFile, toForm } from '../protocol/file.ts';
import { toImages } from '../protocol/images.ts';
import type { JsonObject } from '../protocol/json.ts';
import { speechOf } from '../protocol/speech.ts';
import { orRefusal } from '../protocol/refused.ts';
import { countedSound, inForm, readTranscript } from '../protocol/transcript.ts';
import { InvalidResponse, type PlainTranslation, type Refusal, type Target, type WireRequest } from '../provider.ts';
import { jsonRequest, prepare, type PlainWire } from './plain-request.ts';

function formRequest(wire: PlainWire, target: Target, path: string, body: JsonObject): WireRequest | Refusal {
  const prepared = prepare(wire, target, path, body);
  if ('refused' in prepared) return prepared;
  return orRefusal(() => {
    const { contentType, body: bytes } = toForm(prepared.fields, target.id);
    const { url, headers, dropped } = prepared;
    return { method: 'POST', url, headers: { 'content-type': contentType, ...headers }, body: bytes, dropped };
  });
}

export function images(wire: PlainWire): PlainTranslation {
  return {
    toRequest: (body, target) => jsonRequest(wire, target, '/images/generations', body),
    fromResponse: ({ json }, body, target) => toImages(json, body, target.created),
  };
}

export function imageEdits(wire: PlainWire): PlainTranslation {
  return {
    toRequest: (body, target) => formRequest(wire, target, '/images/edits', body),
    fromResponse: ({ json }, body, target) => toImages(json, body, target.created),
  };
}

export function imageVariations(wire: PlainWire): PlainTranslation {
  return {
    toRequest: (body, target) => formRequest(wire, target, '/images/variations', body),
    fromResponse: ({ json }, body, target) => toImages(json, body, target.created),
  };
}

/** Errors: {@link InvalidResponse} when JSON or nothing came in place of sound. */
export function toSpeech(
  { bytes, contentType, json }: Parameters<PlainTranslation['fromResponse']>[0],
  body: JsonObject,
): ReturnType<PlainTranslation['fromResponse']> {
  if (bytes.length === 0 || /^(application\/json|text\/)/.test(contentType) || json !== undefined)
    throw new InvalidResponse('The provider answered without sound.');
  return speechOf(bytes, body, contentType);
}

export function speech(wire: PlainWire): PlainTranslation {
  return {
    toRequest: (body, target) => jsonRequest(wire, target, '/audio/speech', body),
    fromResponse: toSpeech,
  };
}

/** Whisper says how long the sound is, which is what it costs, only when asked for all it knows. */
function askedFormat(model: string, format: unknown): TranscriptFormat | undefined {
  if (format === 'diarized_json') return format;
  if (/whisper/i.test(model)) return 'verbose_json';
  if (format === 'verbose_json' || format === 'srt' || format === 'vtt') return format;
  return format === undefined || format === null ? undefined : 'json';
}

function listening(path: string, task: string): (wire: PlainWire) => PlainTranslation {
  return (wire) => ({
    toRequest: (body, target) => {
      const { response_format: wanted, ...rest } = body;
      const format = askedFormat(target.model, wanted);
      return formRequest(wire, target, path, { ...rest, ...(format === undefined ? {} : { response_format: format }) });
    },
    fromResponse: ({ json, bytes, contentType }, body, target) => {
      const asked = askedFormat(target.model, body['response_format']);
      if (json === undefined && (asked === 'srt' || asked === 'vtt') && bytes.length > 0)
        return { body: { bytes, contentType: contentType === '' ? 'text/plain; charset=utf-8' : contentType } };
      const transcript = readTranscript(json);
      const { raw } = transcript;
      const usage = countedSound(raw['usage'], raw['duration']);
      const counts = usage === undefined ? {} : { usage };
      const wanted = body['response_format'];
      if (wanted === 'verbose_json' || wanted === 'diarized_json') return { body: raw, ...counts };
      const shown = asked === 'verbose_json' ? { text: transcript.text, ...usageIn(raw) } : raw;
      return { body: inForm(transcript, body, task, shown), ...counts };
    },
  });
}

function usageIn({ usage }: JsonObject): JsonObject {
  return usage === undefined ? {} : { usage };
}

export const transcription = listening('/audio/transcriptions', 'transcribe');
export const translation = listening('/audio/translations', 'translate');

/** A request with files as JSON, for a provider that only looks at their size. */
export function withoutFiles(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, shownFile(value)]));
}

function shownFile(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shownFile);
  return isFile(value) ? { filename: value.filename, size: bytesOf(value).length } : value;
}
