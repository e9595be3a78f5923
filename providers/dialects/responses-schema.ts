/** Parses the body of OpenAI's `POST /v1/responses`, and names what no chat provider could be asked for, though OpenAI may. */
import { z } from 'zod';
import type { Failure } from '../protocol/errors.ts';
import { toProblem } from '../protocol/problem.ts';
import type { Body } from './dialect.ts';

const text = z.string();

const PARTS: Readonly<Record<string, z.ZodType>> = {
  input_text: z.looseObject({ text }),
  output_text: z.looseObject({ text }),
  text: z.looseObject({ text }),
  refusal: z.looseObject({ refusal: text }),
  input_image: z
    .looseObject({ image_url: text.nullish(), file_id: text.nullish(), detail: text.nullish() })
    .refine((part) => Boolean(part.image_url ?? part.file_id), { error: 'needs image_url or file_id' }),
  input_file: z
    .looseObject({
      file_id: text.nullish(),
      file_url: text.nullish(),
      file_data: text.nullish(),
      filename: text.nullish(),
    })
    .refine((part) => Boolean(part.file_id ?? part.file_url ?? part.file_data), {
      error: 'needs file_id, file_url or file_data',
    }),
  input_audio: z.looseObject({ input_audio: z.looseObject({ data: text, format: text }) }),
};

/** What nobody is asked for: it would reach what other tenants keep at the provider. */
const NOWHERE: ReadonlySet<string> = new Set(['item_reference']);

type Typed = {
  readonly schemas: Readonly<Record<string, z.ZodType>>;
  readonly what: string;
  /** The type of an object without one. */
  readonly untyped?: string;
  /** Whether other types pass, for OpenAI to judge. */
  readonly open: boolean;
};

/** An object of one of the listed types; the refusal names the type. */
function oneOf({ schemas, what, untyped, open }: Typed) {
  return z.looseObject({ type: text.optional() }).check((context) => {
    const type = context.value.type ?? untyped;
    const schema = type !== undefined && Object.hasOwn(schemas, type) ? schemas[type] : undefined;
    if (schema === undefined) {
      if (open && type !== undefined && !NOWHERE.has(type)) return;
      const message = type === undefined ? 'is required' : `${what} of type ${type} is not supported`;
      context.issues.push({ code: 'custom', path: ['type'], message, input: type });
      return;
    }
    const result = schema.safeParse(context.value);
    if (!result.success) for (const issue of result.error.issues) context.issues.push({ ...issue, input: undefined });
  });
}

function contentOf(open: boolean) {
  return z.union([text, z.array(oneOf({ schemas: PARTS, what: 'content', open }))]);
}

function itemsOf(open: boolean): Readonly<Record<string, z.ZodType>> {
  const content = contentOf(open);
  return {
    message: z.looseObject({ role: z.enum(['user', 'assistant', 'system', 'developer']), content }),
    function_call: z.looseObject({ call_id: text.min(1), name: text.min(1), arguments: text }),
    function_call_output: z.looseObject({ call_id: text.min(1), output: content }),
    reasoning: z.looseObject({
      summary: z.array(z.looseObject({ text })).nullish(),
      content: z.array(z.looseObject({ text })).nullish(),
      encrypted_content: text.nullish(),
    }),
  };
}

const TOOLS: Readonly<Record<string, z.ZodType>> = {
  function: z.looseObject({
    name: text.min(1).max(256),
    description: text.nullish(),
    parameters: z.record(text, z.unknown()).nullish(),
    strict: z.boolean().nullish(),
  }),
};

const CHOICES: Readonly<Record<string, z.ZodType>> = { function: z.looseObject({ name: text.min(1) }) };

const format = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text') }),
  z.looseObject({ type: z.literal('json_object') }),
  z.looseObject({
    type: z.literal('json_schema'),
    name: text.min(1),
    description: text.nullish(),
    schema: z.record(text, z.unknown()),
    strict: z.boolean().nullish(),
  }),
]);

/** Asked for and not served: ignored, the caller would get something else than it believes. */
function absent(why: string, open = false) {
  return z.unknown().refine((value) => open || value === undefined || value === null, { error: why });
}

function schemaFor(open: boolean) {
  return z.looseObject({
    model: text.min(1).max(512),
    input: z.union([
      text,
      z.array(oneOf({ schemas: itemsOf(open), what: 'an input item', untyped: 'message', open })).min(1),
    ]),
    instructions: text.nullish(),
    previous_response_id: text.nullish(),
    background: z.boolean().nullish(),
    stream: z.boolean().nullish(),
    store: z.boolean().nullish(),
    tools: z
      .array(oneOf({ schemas: TOOLS, what: 'a tool', open }))
      .max(1024)
      .nullish(),
    tool_choice: z
      .union([z.enum(['auto', 'none', 'required']), oneOf({ schemas: CHOICES, what: 'a tool choice', open })])
      .nullish(),
    parallel_tool_calls: z.boolean().nullish(),
    max_output_tokens: z.int().min(1).nullish(),
    temperature: z.number().min(0).max(2).nullish(),
    top_p: z.number().min(0).max(1).nullish(),
    top_logprobs: z.int().min(0).max(20).nullish(),
    text: z.looseObject({ format: format.nullish(), verbosity: text.nullish() }).nullish(),
    reasoning: z
      .looseObject({
        effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
        summary: text.nullish(),
      })
      .nullish(),
    metadata: z.record(text, z.unknown()).nullish(),
    include: z.array(text).nullish(),
    user: text.nullish(),
    service_tier: text.nullish(),
    truncation: z
      .enum(['auto', 'disabled'])
      .nullish()
      .refine((value) => open || value !== 'auto', { error: 'the input is never truncated here' }),
    conversation: absent('conversations are not kept here; use previous_response_id').optional(),
    prompt: absent('stored prompts are not kept here', open).optional(),
  });
}

/** Open to what only OpenAI's own API can do. */
export const responsesSchema = schemaFor(true);

const translatable = schemaFor(false);

export type ParsedResponses = { readonly request: Body } | { readonly refused: Failure };

/** Never throws. The failure's `param` is the path of the first problem, as in `input[0].type`. */
export function parseResponses(body: unknown): ParsedResponses {
  const result = responsesSchema.safeParse(body);
  return result.success ? { request: result.data } : { refused: refusal(result.error, body) };
}

/** What the body asks for that a chat cannot do. */
export function objectionTo(body: Body): Failure | undefined {
  const result = translatable.safeParse(body);
  return result.success ? undefined : refusal(result.error, body);
}

function refusal(error: z.ZodError, body: unknown): Failure {
  const problem = toProblem(error, body);
  const code = UNSUPPORTED.test(problem.message) ? 'unsupported_parameter' : 'invalid_request';
  return { code, ...problem, billed: 'no' };
}

/** How the sentences above end that refuse what another gateway might do. */
const UNSUPPORTED = /(is not supported|are not kept here.*|is never truncated here)\.$/;
