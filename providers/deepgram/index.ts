/** Deepgram: speech to text and text to speech. */
import type { SpeechFormat } from '../protocol/audio.ts';
import { toSpeech } from '../openai/files.ts';
import { toFailure } from '../protocol/failure.ts';
import { bytesOf, fileIn } from '../protocol/file.ts';
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';
import { checkPlain, oneOf } from '../protocol/plain-parameters.ts';
import { orRefusal } from '../protocol/refused.ts';
import { extraHeaders } from '../protocol/settings.ts';
import { countedSound, inForm, secondsOf, segmentsOf, spokenIn, type Transcript } from '../protocol/transcript.ts';
import { InvalidResponse, type PlainTranslation, type Provider } from '../provider.ts';

const TITLE = 'Deepgram';

/** Its own switches, which go into the query. */
const SWITCHES = (
  'smart_format punctuate diarize detect_language numerals profanity_filter filler_words paragraphs utterances ' +
  'keyterm keywords redact replace search tag version mip_opt_out'
).split(' ');

const OURS = ['file', 'response_format', 'timestamp_granularities'] as const;
const takesSound = oneOf(...OURS, 'language', ...SWITCHES);

function queryOf(fields: JsonObject): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value])
      query.append(name, typeof one === 'string' ? one : JSON.stringify(one));
  }
  return query.toString();
}

const transcription: PlainTranslation = {
  toRequest: (body, { model, baseUrl, settings }) => {
    const checked = checkPlain(body, {
      title: TITLE,
      model,
      settings,
      takes: (name, value) => takesSound(name) && value !== 'diarized_json',
    });
    if ('refused' in checked) return checked;
    const { file: _file, response_format: _format, timestamp_granularities: _times, ...rest } = checked.kept;
    return orRefusal(() => {
      const file = fileIn(body, 'file');
      // Text without punctuation is what no caller of OpenAI expects.
      const query = queryOf({ model, smart_format: true, ...rest });
      return {
        method: 'POST',
        url: `${baseUrl}/listen?${query}`,
        headers: { 'content-type': file.content_type, ...extraHeaders(settings) },
        body: bytesOf(file),
        dropped: checked.dropped,
      };
    });
  },
  fromResponse: ({ json }, body) => {
    const results = isObject(json) && isObject(json['results']) ? json['results'] : {};
    const [channel] = listOf(results['channels']);
    const [best] = listOf(isObject(channel) ? channel['alternatives'] : undefined);
    if (!isObject(json) || !isObject(best) || typeof best['transcript'] !== 'string')
      throw new InvalidResponse(`${TITLE} answered without the text of what was said.`);
    const paragraphs = isObject(best['paragraphs']) ? textOf(best['paragraphs']['transcript']) : undefined;
    const diarized = body['diarize'] === true || body['diarize'] === 'true';
    const duration = isObject(json['metadata']) ? json['metadata']['duration'] : undefined;
    const durationS = secondsOf(duration);
    const language = isObject(channel) ? textOf(channel['detected_language']) : undefined;
    const words = listOf(best['words']).map((word) =>
      isObject(word) ? { ...word, word: word['punctuated_word'] ?? word['word'] } : word,
    );
    const transcript: Transcript = {
      text: diarized ? (paragraphs ?? best['transcript']) : best['transcript'],
      words: spokenIn(words, 'word'),
      segments: segmentsOf(spokenIn(words, 'word')),
      ...(language === undefined ? {} : { language }),
      ...(durationS === undefined ? {} : { durationS }),
    };
    const usage = countedSound(undefined, duration);
    return {
      body: inForm(transcript, body, 'transcribe', { text: transcript.text }),
      ...(usage === undefined ? {} : { usage }),
    };
  },
};

const ENCODINGS: Readonly<Record<SpeechFormat, string>> = {
  mp3: 'encoding=mp3',
  opus: 'encoding=opus&container=ogg',
  aac: 'encoding=aac',
  flac: 'encoding=flac',
  wav: 'encoding=linear16&container=wav&sample_rate=24000',
  pcm: 'encoding=linear16&container=none&sample_rate=24000',
};

/** `aura-2-thalia-en` holds the voice; `aura-2` needs one. */
function voiced(model: string, voice: unknown): string {
  const named = isObject(voice) ? textOf(voice['id']) : textOf(voice);
  return named === undefined || /^aura(-\d+)?-[a-z]/.test(model) ? model : `${model}-${named}`;
}

const takesText = oneOf('input', 'voice', 'response_format');

const speech: PlainTranslation = {
  toRequest: (body, { model, baseUrl, settings }) => {
    const takes = (name: string, value: unknown): boolean =>
      takesText(name) || (name === 'speed' && value === 1) || name === 'stream_format';
    const checked = checkPlain(body, { title: TITLE, model, settings, takes });
    if ('refused' in checked) return checked;
    const format = (textOf(body['response_format']) ?? 'mp3') as SpeechFormat;
    return {
      method: 'POST',
      url: `${baseUrl}/speak?model=${encodeURIComponent(voiced(model, body['voice']))}&${ENCODINGS[format]}`,
      headers: { 'content-type': 'application/json', ...extraHeaders(settings) },
      body: JSON.stringify({ text: body['input'] }),
      dropped: checked.dropped,
    };
  },
  fromResponse: toSpeech,
};

export const deepgram: Provider = {
  id: 'deepgram',
  title: TITLE,
  baseUrl: 'https://api.deepgram.com/v1',
  baseUrlVariables: ['DEEPGRAM_API_BASE'],
  keyVariables: ['DEEPGRAM_API_KEY'],
  auth: { kind: 'header', name: 'authorization', prefix: 'Token ' },
  transcription,
  speech,
  fromError: (status, body, headers) =>
    toFailure({
      title: TITLE,
      status,
      headers,
      body:
        isObject(body) && body['err_msg'] !== undefined ? { message: body['err_msg'], code: body['err_code'] } : body,
    }),
};
