/** What was said, in the form that the caller asked for: providers that give only one form, or count only in one, serve all. */
import { InvalidResponse, type PlainAnswer } from '../provider.ts';
import { isObject, listOf, textOf, type JsonObject } from './json.ts';
import { unitsOf } from './plain-usage.ts';
import type { Usage } from './usage.ts';
import { parseUsage } from './usage-parse.ts';

/** Times in seconds. */
export type Spoken = { readonly start: number; readonly end: number; readonly text: string };

export type Transcript = {
  readonly text: string;
  readonly language?: string;
  readonly durationS?: number;
  readonly segments: readonly Spoken[];
  readonly words: readonly Spoken[];
};

export function spokenIn(list: unknown, name: string): readonly Spoken[] {
  return listOf(list).flatMap((entry) => {
    if (!isObject(entry)) return [];
    const { start, end } = entry;
    const text = textOf(entry[name]);
    return typeof start === 'number' && typeof end === 'number' && text !== undefined ? [{ start, end, text }] : [];
  });
}

const LONGEST_SEGMENT_S = 7;

/** Subtitles from words: a new line after a sentence, and before a line takes too long to be read. */
export function segmentsOf(words: readonly Spoken[], separator = ' '): readonly Spoken[] {
  const segments: Spoken[] = [];
  for (const word of words) {
    const last = segments.at(-1);
    const open = last !== undefined && !/[.!?…。！？]$/.test(last.text) && word.end - last.start <= LONGEST_SEGMENT_S;
    if (open) segments[segments.length - 1] = { ...last, end: word.end, text: `${last.text}${separator}${word.text}` };
    else segments.push(word);
  }
  return segments;
}

/** Where no times are known, all of it is one segment. */
function subtitles({ segments, text, durationS }: Transcript): readonly Spoken[] {
  return segments.length > 0 || text === '' ? segments : [{ start: 0, end: durationS ?? 0, text }];
}

function clock(seconds: number, point: ',' | '.'): string {
  const ms = Math.max(0, Math.round(seconds * 1000));
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}${point}${String(ms % 1000).padStart(3, '0')}`;
}

function srt(transcript: Transcript): string {
  return subtitles(transcript)
    .map(
      ({ start, end, text }, index) => `${index + 1}\n${clock(start, ',')} --> ${clock(end, ',')}\n${text.trim()}\n\n`,
    )
    .join('');
}

function vtt(transcript: Transcript): string {
  const cues = subtitles(transcript).map(
    ({ start, end, text }) => `${clock(start, '.')} --> ${clock(end, '.')}\n${text.trim()}\n\n`,
  );
  return `WEBVTT\n\n${cues.join('')}`;
}

function verbose(transcript: Transcript, body: JsonObject, task: string): JsonObject {
  const wanted = listOf(body['timestamp_granularities']);
  return {
    task,
    ...(transcript.language === undefined ? {} : { language: transcript.language }),
    ...(transcript.durationS === undefined ? {} : { duration: transcript.durationS }),
    text: transcript.text,
    ...(wanted.includes('word')
      ? { words: transcript.words.map(({ text, start, end }) => ({ word: text, start, end })) }
      : {}),
    ...(wanted.length === 0 || wanted.includes('segment')
      ? { segments: transcript.segments.map((segment, id) => ({ id, ...segment })) }
      : {}),
  };
}

function plain(text: string): PlainAnswer['body'] {
  return { contentType: 'text/plain; charset=utf-8', bytes: new TextEncoder().encode(text) };
}

/** In the form of the request's `response_format`; `json` is what is shown where none was named. */
export function inForm(transcript: Transcript, body: JsonObject, task: string, json: JsonObject): PlainAnswer['body'] {
  switch (body['response_format']) {
    case 'text':
      return plain(`${transcript.text}\n`);
    case 'srt':
      return plain(srt(transcript));
    case 'vtt':
      return plain(vtt(transcript));
    case 'verbose_json':
      return verbose(transcript, body, task);
    default:
      return json;
  }
}

/** OpenAI counts tokens or seconds, as it charges; other servers say how long the sound is, or nothing. */
export function countedSound(raw: unknown, duration: unknown): Usage | undefined {
  const usage = isObject(raw) ? raw : {};
  if (usage['input_tokens'] !== undefined)
    return parseUsage({
      prompt_tokens: usage['input_tokens'],
      completion_tokens: usage['output_tokens'],
      total_tokens: usage['total_tokens'],
      prompt_tokens_details: usage['input_token_details'] ?? undefined,
    });
  const seconds = secondsOf(usage['seconds'] ?? duration);
  return seconds === undefined ? undefined : unitsOf({ seconds });
}

/** Some servers send a number as text. */
export function secondsOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 && seconds < 1e7 ? seconds : undefined;
}

/** An answer on OpenAI's wire in JSON. Errors: {@link InvalidResponse} without a text. */
export function readTranscript(json: unknown): Transcript & { readonly raw: JsonObject } {
  if (!isObject(json) || typeof json['text'] !== 'string')
    throw new InvalidResponse('The provider answered without the text of what was said.');
  const durationS = secondsOf(json['duration']);
  const language = textOf(json['language']);
  return {
    raw: json,
    text: json['text'],
    segments: spokenIn(json['segments'], 'text'),
    words: spokenIn(json['words'], 'word'),
    ...(durationS === undefined ? {} : { durationS }),
    ...(language === undefined ? {} : { language }),
  };
}
