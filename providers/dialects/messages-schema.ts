/** Parses the body of Anthropic's `POST /v1/messages`: strict on what is translated, open to everything a newer API may add. */
import { z } from 'zod';
import type { Failure } from '../protocol/errors.ts';
import { toInvalidRequest } from '../protocol/problem.ts';
import type { Body } from './dialect.ts';

const text = z.string();

const source = z.looseObject({ type: text.min(1) }).check((context) => {
  const needed = SOURCE_FIELDS[context.value.type];
  for (const field of needed ?? []) {
    if (typeof context.value[field] === 'string') continue;
    context.issues.push({ code: 'custom', path: [field], message: 'is required', input: context.value[field] });
  }
});

/** Sources of other kinds are Anthropic's own to judge. */
const SOURCE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  base64: ['media_type', 'data'],
  text: ['data'],
  url: ['url'],
  file: ['file_id'],
};

const resultContent = z.union([text, z.array(z.looseObject({ type: text.min(1) }))]);

const BLOCKS: Readonly<Record<string, z.ZodType>> = {
  text: z.looseObject({ text }),
  image: z.looseObject({ source }),
  document: z.looseObject({ source, title: text.nullish() }),
  tool_use: z.looseObject({ id: text.min(1), name: text.min(1), input: z.record(text, z.unknown()) }),
  tool_result: z.looseObject({ tool_use_id: text.min(1), content: resultContent.nullish() }),
  thinking: z.looseObject({ thinking: text, signature: text.optional() }),
  redacted_thinking: z.looseObject({ data: text }),
};

const block = z.looseObject({ type: text.min(1) }).check((context) => {
  const schema = Object.hasOwn(BLOCKS, context.value.type) ? BLOCKS[context.value.type] : undefined;
  const result = schema?.safeParse(context.value);
  if (result?.success === false)
    for (const issue of result.error.issues) context.issues.push({ ...issue, input: undefined });
});

const message = z.looseObject({
  role: z.enum(['user', 'assistant', 'system']),
  content: z.union([text, z.array(block)]),
});

/** Without a type it is a function with a schema; every other type is a tool of Anthropic's own. */
const tool = z
  .looseObject({
    type: text.nullish(),
    name: text.min(1).max(256).optional(),
    description: text.nullish(),
    input_schema: z.record(text, z.unknown()).optional(),
  })
  .refine((declared) => !isFunctionType(declared.type) || declared.name !== undefined, {
    error: 'is required',
    path: ['name'],
  })
  .refine((declared) => !isFunctionType(declared.type) || declared.input_schema !== undefined, {
    error: 'is required',
    path: ['input_schema'],
  });

export function isFunctionType(type: unknown): boolean {
  return type === undefined || type === null || type === 'custom';
}

/** What both a message and the counting of its tokens are asked with. */
const prompt = {
  model: text.min(1).max(512),
  messages: z.array(message).min(1),
  system: z.union([text, z.array(z.looseObject({ type: z.literal('text'), text }))]).nullish(),
  tools: z.array(tool).max(1024).nullish(),
  tool_choice: z
    .looseObject({
      type: text.min(1),
      name: text.optional(),
      disable_parallel_tool_use: z.boolean().nullish(),
    })
    .refine((choice) => choice.type !== 'tool' || choice.name !== undefined, { error: 'is required', path: ['name'] })
    .nullish(),
  thinking: z.looseObject({ type: text, budget_tokens: z.int().min(0).optional() }).nullish(),
  output_config: z.looseObject({ effort: text.nullish() }).nullish(),
};

export const countTokensSchema = z.looseObject(prompt);

export const messagesSchema = z.looseObject({
  ...prompt,
  max_tokens: z.int().min(1),
  stream: z.boolean().nullish(),
  stop_sequences: z.array(text).max(8191).nullish(),
  temperature: z.number().min(0).max(1).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.int().min(0).nullish(),
  metadata: z.looseObject({ user_id: text.nullish() }).nullish(),
});

export type MessagesRequest = z.infer<typeof messagesSchema>;

export type ParsedMessages = { readonly body: Body & MessagesRequest } | { readonly refused: Failure };

/** Never throws. The failure's `param` is the path of the first problem, as in `messages[0].role`. */
export function parseMessages(body: unknown): ParsedMessages {
  const result = messagesSchema.safeParse(body);
  if (result.success) return { body: result.data };
  return { refused: toInvalidRequest(result.error, body) };
}
