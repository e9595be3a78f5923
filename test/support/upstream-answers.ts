/** What a well-behaved provider says, in every wire format: answers as JSON and as stream events, without I/O. */
import { exceptionMessage } from '../activities/http/amazon-frames.ts';
import { amazonAnswer, amazonEvents } from './upstream-amazon.ts';
import { idOf, pieces } from './upstream-asked.ts';
import type { Answer, Asked, Dialect } from './upstream-asked.ts';
import { googleAnswer, googleError, googleEvents } from './upstream-google.ts';
import type { Script, ScriptedUsage } from './upstream-script.ts';

const CREATED = 1_700_000_000;

export function answerTo(asked: Asked, script: Script): Answer {
  const words =
    script.text ?? (script.toolCalls === undefined ? `You said: ${asked.lastUserText} (call ${asked.n})` : '');
  const text = script.hugeBytes === undefined ? words : words.padEnd(script.hugeBytes, ' lorem ipsum');
  return { text, usage: script.usage ?? usageOf(asked, text, script) };
}

function usageOf(asked: Asked, text: string, script: Script): ScriptedUsage {
  const written = text.length + (script.toolCalls ?? []).reduce((sum, call) => sum + call.arguments.length + 8, 0);
  return { promptTokens: asked.promptTokens, completionTokens: Math.max(1, Math.ceil(written / 4)) * asked.choices };
}

function openaiUsage(usage: ScriptedUsage): Record<string, unknown> {
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
    ...(usage.cachedTokens === undefined ? {} : { prompt_tokens_details: { cached_tokens: usage.cachedTokens } }),
    ...(usage.reasoningTokens === undefined
      ? {}
      : { completion_tokens_details: { reasoning_tokens: usage.reasoningTokens } }),
  };
}

function anthropicUsage(usage: ScriptedUsage): Record<string, unknown> {
  const cached = usage.cachedTokens ?? 0;
  return {
    input_tokens: usage.promptTokens - cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: usage.completionTokens,
  };
}

function finishOf(script: Script): NonNullable<Script['finishReason']> {
  return script.finishReason ?? ((script.toolCalls ?? []).length > 0 ? 'tool_calls' : 'stop');
}

const STOP_REASON = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
} as const;

export function jsonAnswer(asked: Asked, script: Script, answer: Answer): string {
  const calls = script.toolCalls ?? [];
  if (asked.dialect === 'google') return googleAnswer(asked, script, answer);
  if (asked.dialect === 'amazon') return amazonAnswer(asked, script, answer);
  if (asked.dialect === 'anthropic') {
    const content = [
      ...(script.reasoning === undefined ? [] : [{ type: 'thinking', thinking: script.reasoning, signature: 'c2ln' }]),
      ...(answer.text === '' ? [] : [{ type: 'text', text: answer.text }]),
      ...calls.map((call, index) => ({
        type: 'tool_use',
        id: idOf(call, index, asked),
        name: call.name,
        input: JSON.parse(call.arguments) as unknown,
      })),
    ];
    return JSON.stringify({
      id: `msg_${asked.n}`,
      type: 'message',
      role: 'assistant',
      model: asked.model,
      content,
      stop_reason: STOP_REASON[finishOf(script)],
      stop_sequence: null,
      ...(script.usage === null ? {} : { usage: anthropicUsage(answer.usage) }),
    });
  }
  const message = {
    role: 'assistant',
    content: answer.text === '' && calls.length > 0 ? null : answer.text,
    refusal: null,
    ...(script.reasoning === undefined ? {} : { reasoning_content: script.reasoning }),
    ...(calls.length === 0
      ? {}
      : {
          tool_calls: calls.map((call, index) => ({
            id: idOf(call, index, asked),
            type: 'function',
            function: { name: call.name, arguments: call.arguments },
          })),
        }),
  };
  return JSON.stringify({
    id: `chatcmpl-${asked.n}`,
    object: 'chat.completion',
    created: CREATED,
    model: asked.model,
    choices: Array.from({ length: asked.choices }, (_, index) => ({
      index,
      message,
      logprobs: null,
      finish_reason: finishOf(script),
    })),
    ...(script.usage === null ? {} : { usage: openaiUsage(answer.usage) }),
    system_fingerprint: 'fp_scripted',
  });
}

/** The events of a stream, framed. The last ones say that the answer is complete; a truncated stream lacks them. */
export function streamEvents(asked: Asked, script: Script, answer: Answer): readonly (string | Buffer)[] {
  return STREAMS[asked.dialect](asked, script, answer);
}

const STREAMS = {
  openai: openaiEvents,
  anthropic: anthropicEvents,
  google: googleEvents,
  amazon: amazonEvents,
} as const;

function openaiEvents(asked: Asked, script: Script, answer: Answer): string[] {
  const base = { id: `chatcmpl-${asked.n}`, object: 'chat.completion.chunk', created: CREATED, model: asked.model };
  const frame = (rest: object): string => `data: ${JSON.stringify({ ...base, ...rest })}\n\n`;
  const events: string[] = [];
  const deltas: object[] = [
    { role: 'assistant', content: '' },
    ...(script.reasoning === undefined ? [] : [{ reasoning_content: script.reasoning }]),
    ...pieces(answer.text, script.chunks ?? 8).map((content) => ({ content })),
    ...(script.toolCalls ?? []).flatMap((call, index) => [
      {
        tool_calls: [
          { index, id: idOf(call, index, asked), type: 'function', function: { name: call.name, arguments: '' } },
        ],
      },
      ...pieces(call.arguments, 3).map((part) => ({ tool_calls: [{ index, function: { arguments: part } }] })),
    ]),
  ];
  const everyChoice = (delta: object, finish: string | null): void => {
    for (let index = 0; index < asked.choices; index += 1)
      events.push(frame({ choices: [{ index, delta, finish_reason: finish }] }));
  };
  for (const delta of deltas) everyChoice(delta, null);
  everyChoice({}, finishOf(script));
  if (asked.includeUsage && script.usage !== null)
    events.push(frame({ choices: [], usage: openaiUsage(answer.usage) }));
  events.push('data: [DONE]\n\n');
  return events;
}

function anthropicEvents(asked: Asked, script: Script, answer: Answer): string[] {
  const frame = (type: string, rest: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
  const whole = anthropicUsage(answer.usage);
  const events = [
    frame('message_start', {
      message: {
        id: `msg_${asked.n}`,
        type: 'message',
        role: 'assistant',
        model: asked.model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { ...whole, output_tokens: 1 },
      },
    }),
  ];
  let index = 0;
  const block = (start: object, deltas: readonly object[]): void => {
    events.push(frame('content_block_start', { index, content_block: start }));
    if (index === 0) events.push(frame('ping', {}));
    for (const delta of deltas) events.push(frame('content_block_delta', { index, delta }));
    events.push(frame('content_block_stop', { index }));
    index += 1;
  };
  if (script.reasoning !== undefined) {
    const signed = { type: 'signature_delta', signature: 'c2ln' };
    block({ type: 'thinking', thinking: '', signature: '' }, [
      { type: 'thinking_delta', thinking: script.reasoning },
      signed,
    ]);
  }
  if (answer.text !== '') {
    const deltas = pieces(answer.text, script.chunks ?? 8).map((text) => ({ type: 'text_delta', text }));
    block({ type: 'text', text: '' }, deltas);
  }
  for (const [at, call] of (script.toolCalls ?? []).entries()) {
    const deltas = pieces(call.arguments, 3).map((part) => ({ type: 'input_json_delta', partial_json: part }));
    block({ type: 'tool_use', id: idOf(call, at, asked), name: call.name, input: {} }, deltas);
  }
  const delta = { stop_reason: STOP_REASON[finishOf(script)], stop_sequence: null };
  events.push(frame('message_delta', { delta, usage: { output_tokens: whole['output_tokens'] } }));
  events.push(frame('message_stop', {}));
  return events;
}

/** An error in the dialect's own shape; as a stream event when `framed`. */
export function errorAnswer(
  dialect: Dialect,
  status: number,
  error: { type: string; message: string },
  framed: boolean,
): string | Buffer {
  if (dialect === 'amazon')
    return framed
      ? exceptionMessage('modelStreamErrorException', { message: error.message })
      : JSON.stringify({ message: error.message });
  const body =
    dialect === 'google'
      ? googleError(status, error.message)
      : dialect === 'anthropic'
        ? { type: 'error', error, request_id: 'req_scripted' }
        : { error: { ...error, param: null, code: status === 429 ? 'rate_limit_exceeded' : null } };
  const json = JSON.stringify(body);
  if (!framed) return json;
  return dialect === 'anthropic' ? `event: error\ndata: ${json}\n\n` : `data: ${json}\n\n`;
}
