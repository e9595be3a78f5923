/** Parses the body of Google's `:generateContent`: strict on what is translated, open to everything a newer API may add. */
import { z } from 'zod';
import type { Failure } from '../protocol/errors.ts';
import { toInvalidRequest } from '../protocol/problem.ts';
import type { Body } from './dialect.ts';
import { inCamelCase } from './generation-spelling.ts';

const text = z.string();
const object = z.record(text, z.unknown());

const part = z.looseObject({
  text: text.nullish(),
  thought: z.boolean().nullish(),
  inlineData: z.looseObject({ mimeType: text.nullish(), data: text }).nullish(),
  fileData: z.looseObject({ fileUri: text, mimeType: text.nullish() }).nullish(),
  functionCall: z.looseObject({ name: text.min(1), args: object.nullish(), id: text.nullish() }).nullish(),
  functionResponse: z.looseObject({ name: text.min(1), response: object.nullish(), id: text.nullish() }).nullish(),
});

const content = z.looseObject({
  role: z.enum(['user', 'model', 'function', 'system']).nullish(),
  parts: z.array(part).nullish(),
});

const declaration = z.looseObject({
  name: text.min(1).max(256),
  description: text.nullish(),
  parameters: object.nullish(),
  parametersJsonSchema: z.unknown().optional(),
});

const number = z.number().nullish();

const generationConfig = z.looseObject({
  temperature: number,
  topP: number,
  topK: number,
  candidateCount: z.int().min(1).max(128).nullish(),
  maxOutputTokens: z.int().min(1).nullish(),
  stopSequences: z.array(text).max(100).nullish(),
  seed: z.int().nullish(),
  presencePenalty: number,
  frequencyPenalty: number,
  responseLogprobs: z.boolean().nullish(),
  logprobs: z.int().min(0).nullish(),
  responseMimeType: text.nullish(),
  responseSchema: object.nullish(),
  responseJsonSchema: z.unknown().optional(),
  responseModalities: z.array(text).nullish(),
  thinkingConfig: z
    .looseObject({
      thinkingBudget: z.int().min(-1).nullish(),
      thinkingLevel: text.nullish(),
      includeThoughts: z.boolean().nullish(),
    })
    .nullish(),
});

export const generationSchema = z.looseObject({
  model: text.min(1).max(512),
  contents: z.array(content).min(1),
  systemInstruction: z.union([content, text]).nullish(),
  tools: z.array(z.looseObject({ functionDeclarations: z.array(declaration).nullish() })).nullish(),
  toolConfig: z
    .looseObject({
      functionCallingConfig: z
        .looseObject({ mode: text.nullish(), allowedFunctionNames: z.array(text).nullish() })
        .nullish(),
    })
    .nullish(),
  generationConfig: generationConfig.nullish(),
  safetySettings: z.array(z.looseObject({})).nullish(),
});

export type ParsedGeneration = { readonly request: Body } | { readonly refused: Failure };

/** Never throws. The failure's `param` is the path of the first problem, as in `contents[0].role`. */
export function parseGeneration(body: Readonly<Record<string, unknown>>): ParsedGeneration {
  const spelled = inCamelCase(body);
  const result = generationSchema.safeParse(spelled);
  // Kept as it was written: Google itself is to get it so.
  if (result.success) return { request: body };
  return { refused: toInvalidRequest(result.error, spelled) };
}
