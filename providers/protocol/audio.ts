/** Sound in OpenAI's words: the schemas of requests to speak, to write down and to translate, and of what was written down. */
import { z } from 'zod';
import { fileSchema } from './file.ts';

const text = z.string();
const model = text.min(1).max(512);

export const SPEECH_FORMATS = ['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'] as const;
export type SpeechFormat = (typeof SPEECH_FORMATS)[number];

export const speechRequestSchema = z.looseObject({
  model,
  input: text.min(1).max(100_000),
  voice: z.union([text.min(1), z.looseObject({ id: text.min(1) })]).nullish(),
  response_format: z.enum(SPEECH_FORMATS).nullish(),
  speed: z.number().min(0.25).max(4).nullish(),
  instructions: text.nullish(),
  // A stream of events would be another answer than the bytes that the ledger keeps.
  stream_format: z.literal('audio').nullish(),
});

export const TRANSCRIPT_FORMATS = ['json', 'text', 'srt', 'verbose_json', 'vtt', 'diarized_json'] as const;
export type TranscriptFormat = (typeof TRANSCRIPT_FORMATS)[number];

const translation = {
  model,
  file: fileSchema,
  prompt: text.nullish(),
  response_format: z.enum(TRANSCRIPT_FORMATS).nullish(),
  temperature: z.number().min(0).max(1).nullish(),
};

export const translationRequestSchema = z.looseObject(translation);

export const transcriptionRequestSchema = z.looseObject({
  ...translation,
  language: text.nullish(),
  timestamp_granularities: z.array(z.enum(['word', 'segment'])).nullish(),
  include: z.array(text).nullish(),
});

export const transcriptResponseSchema = z.looseObject({ text });
