/**
 * Parses the body of a chat completion: strict on the fields we know, open to those we do not. On the path of every request, so types are
 * told apart by their `role` and `type` first, and never by trying every shape in turn.
 */
import { z } from 'zod';
import type { ChatRequest } from './chat.ts';
import type { Failure } from './errors.ts';
import { toInvalidRequest } from './problem.ts';

const text = z.string();
const cacheControl = z.looseObject({ type: text, ttl: text.optional() });

const PARTS: Readonly<Record<string, z.ZodType>> = {
  text: z.looseObject({ text, cache_control: cacheControl.optional() }),
  image_url: z.looseObject({
    image_url: z.union([text.min(1), z.looseObject({ url: text.min(1), detail: text.optional() })]),
  }),
  input_audio: z.looseObject({ input_audio: z.looseObject({ data: text, format: text }) }),
  file: z.looseObject({
    file: z
      .looseObject({ file_data: text.optional(), file_id: text.optional(), filename: text.optional() })
      .refine((file) => file.file_data !== undefined || file.file_id !== undefined, {
        error: 'needs file_data or file_id',
      }),
  }),
  refusal: z.looseObject({ refusal: text }),
};

const part = z.looseObject({ type: text.min(1) }).check((context) => {
  const schema = Object.hasOwn(PARTS, context.value.type) ? PARTS[context.value.type] : undefined;
  const result = schema?.safeParse(context.value);
  if (result?.success === false)
    for (const issue of result.error.issues) context.issues.push({ ...issue, input: undefined });
});

const content = z.union([text, z.array(part).min(1)]);

const toolCall = z.looseObject({
  id: text.min(1),
  type: text,
  function: z.looseObject({ name: text.min(1), arguments: text }).optional(),
});

const functionCall = z.looseObject({ name: text.min(1), arguments: text });

const SAYS_SOMETHING = [
  'content',
  'tool_calls',
  'function_call',
  'refusal',
  'audio',
  'reasoning_content',
  'thinking_blocks',
] as const;

const instructions = { content, name: text.optional(), cache_control: cacheControl.optional() };

const message = z.discriminatedUnion('role', [
  z.looseObject({ role: z.literal('system'), ...instructions }),
  z.looseObject({ role: z.literal('developer'), ...instructions }),
  z.looseObject({ role: z.literal('user'), ...instructions }),
  z
    .looseObject({
      role: z.literal('assistant'),
      content: z.union([text, z.array(part)]).nullish(),
      name: text.optional(),
      tool_calls: z.array(toolCall).nullish(),
      function_call: functionCall.nullish(),
      refusal: text.nullish(),
      reasoning_content: text.nullish(),
      thinking_blocks: z.array(z.looseObject({ type: text })).nullish(),
      cache_control: cacheControl.optional(),
    })
    .refine((said) => SAYS_SOMETHING.some((field) => said[field] !== undefined && said[field] !== null), {
      error: 'is required for an assistant message without tool calls',
      path: ['content'],
    }),
  z.looseObject({
    role: z.literal('tool'),
    tool_call_id: text.min(1),
    content,
    cache_control: cacheControl.optional(),
  }),
  z.looseObject({ role: z.literal('function'), name: text.min(1), content: content.nullable() }),
]);

const tool = z
  .looseObject({
    type: text.min(1),
    function: z
      .looseObject({
        name: text.min(1).max(256),
        description: text.nullish(),
        parameters: z.record(text, z.unknown()).nullish(),
        strict: z.boolean().nullish(),
      })
      .optional(),
    cache_control: cacheControl.optional(),
  })
  .refine((declared) => declared.type !== 'function' || declared.function !== undefined, {
    error: 'is required for a tool of type function',
    path: ['function'],
  });

const toolChoice = z.union([
  z.enum(['auto', 'none', 'required', 'any']),
  z
    .looseObject({ type: text.min(1), function: z.looseObject({ name: text.min(1) }).optional() })
    .refine((choice) => choice.type !== 'function' || choice.function !== undefined, {
      error: 'is required for a choice of type function',
      path: ['function'],
    }),
]);

const responseFormat = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text') }),
  z.looseObject({ type: z.literal('json_object') }),
  z.looseObject({
    type: z.literal('json_schema'),
    json_schema: z.looseObject({
      name: text.min(1),
      description: text.nullish(),
      schema: z.record(text, z.unknown()).optional(),
      strict: z.boolean().nullish(),
    }),
  }),
]);

const effort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);

/** Seeds are 64-bit integers, larger than JavaScript holds exactly. */
const wholeNumber = z.number().refine(Number.isInteger, { error: 'must be an integer' });

export const chatRequestSchema = z.looseObject({
  model: text.min(1).max(512),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  n: z.int().min(1).max(128).nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  stop: z.union([text, z.array(text).max(4)]).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  logit_bias: z.record(text, z.number().min(-100).max(100)).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  seed: wholeNumber.nullish(),
  user: text.nullish(),
  tools: z.array(tool).max(1024).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  response_format: responseFormat.nullish(),
  reasoning_effort: z.union([effort, z.looseObject({ effort: effort.optional(), summary: text.nullish() })]).nullish(),
  thinking: z.looseObject({ type: text, budget_tokens: z.int().min(0).optional() }).nullish(),
  metadata: z.record(text, z.unknown()).nullish(),
});

export type ParsedChat = { readonly request: ChatRequest } | { readonly refused: Failure };

/** Never throws. The failure's `param` is the path of the first problem, as in `messages[0].role`. */
export function parseChatRequest(body: unknown): ParsedChat {
  const result = chatRequestSchema.safeParse(body);
  // The schema checks every field that the type names; the type is written by hand because it also serves code without zod.
  if (result.success) return { request: result.data as ChatRequest };
  return { refused: toInvalidRequest(result.error, body) };
}
