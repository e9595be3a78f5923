/** The older protocol of Text Generation Inference: one text in, one text out. */
import type { ChatRequest, ChatResponse, FinishReason } from '../protocol/chat.ts';
import { completeStep, failedStep, toChunks, usageChunks, type Stamp } from '../protocol/chunks.ts';
import { tokenCount } from '../protocol/count.ts';
import type { Failure } from '../protocol/errors.ts';
import { invalidResponse, toFailureInside } from '../protocol/failure.ts';
import { isObject, listOf, parseJson, textOf, type JsonObject } from '../protocol/json.ts';
import { checkParameters, type Objection } from '../protocol/parameters.ts';
import { toPrompt } from '../protocol/prompt.ts';
import { orRefusal } from '../protocol/refused.ts';
import { extraBody, extraHeaders } from '../protocol/settings.ts';
import type { Usage } from '../protocol/usage.ts';
import { InvalidResponse, type ChatTranslation, type Decoder, type Target } from '../provider.ts';
import { TGI_CODES, TITLE } from './error.ts';

const SUPPORTED: ReadonlySet<string> = new Set([
  'stream',
  'temperature',
  'top_p',
  'top_k',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'seed',
  'frequency_penalty',
  'repetition_penalty',
  'typical_p',
  'truncate',
  'watermark',
  'best_of',
  'logprobs',
  'response_format',
]);

/** Names that are the same on both sides. */
const SAME = [
  'top_k',
  'seed',
  'frequency_penalty',
  'repetition_penalty',
  'typical_p',
  'truncate',
  'watermark',
  'best_of',
];

function objection(name: string): Objection | undefined {
  return SUPPORTED.has(name) ? undefined : { param: name };
}

function grammarOf(format: ChatRequest['response_format']): JsonObject | undefined {
  if (!format || format.type === 'text') return undefined;
  const schema = format.type === 'json_schema' ? format.json_schema.schema : undefined;
  return { type: 'json', value: schema ?? { type: 'object' } };
}

function toParameters(kept: ChatRequest): Record<string, unknown> {
  const parameters: Record<string, unknown> = { details: true, return_full_text: false };
  for (const name of SAME) if (kept[name] !== undefined) parameters[name] = kept[name];
  const length = kept.max_completion_tokens ?? kept.max_tokens;
  if (typeof length === 'number') parameters['max_new_tokens'] = length;
  // Both ends of these ranges are open: 0 means to choose the best always, 1 to choose from all.
  if (kept.temperature === 0) parameters['do_sample'] = false;
  else if (typeof kept.temperature === 'number')
    Object.assign(parameters, { temperature: kept.temperature, do_sample: true });
  if (typeof kept.top_p === 'number' && kept.top_p > 0 && kept.top_p < 1) parameters['top_p'] = kept.top_p;
  if (kept.stop) parameters['stop'] = typeof kept.stop === 'string' ? [kept.stop] : kept.stop;
  const grammar = grammarOf(kept.response_format);
  if (grammar !== undefined) parameters['grammar'] = grammar;
  return parameters;
}

function generateUrl(baseUrl: string, streaming: boolean): string {
  const root = baseUrl.replace(/\/generate(_stream)?$/, '');
  return `${root}/${streaming ? 'generate_stream' : 'generate'}`;
}

const toRequest: ChatTranslation['toRequest'] = (request, target) => {
  const { settings } = target;
  const parameters = checkParameters(request, { title: TITLE, settings, objection });
  if ('refused' in parameters) return parameters;
  const streaming = request.stream === true;
  return orRefusal(() => ({
    method: 'POST',
    url: generateUrl(target.baseUrl, streaming),
    headers: {
      'content-type': 'application/json',
      accept: streaming ? 'text/event-stream' : 'application/json',
      ...extraHeaders(settings),
    },
    body: JSON.stringify({
      inputs: toPrompt(request.messages, target.model, settings),
      parameters: toParameters(parameters.kept),
      ...extraBody(settings),
    }),
    dropped: parameters.dropped,
  }));
};

/** The prompt is counted only by newer servers, or where its tokens were asked for. */
function usageOf(details: unknown): Usage | undefined {
  if (!isObject(details)) return undefined;
  const prefill = listOf(details['prefill']).length;
  const input = tokenCount(details['input_length']) ?? (prefill > 0 ? prefill : undefined);
  const output = tokenCount(details['generated_tokens']);
  if (input === undefined || output === undefined) return undefined;
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

function finishReasonOf(details: unknown): FinishReason {
  return isObject(details) && details['finish_reason'] === 'length' ? 'length' : 'stop';
}

function insideError(body: unknown): Failure {
  return toFailureInside({ title: TITLE, body, codes: TGI_CODES });
}

function logprobOf(token: unknown): JsonObject | undefined {
  if (!isObject(token) || typeof token['logprob'] !== 'number') return undefined;
  return { token: textOf(token['text']) ?? '', logprob: token['logprob'], bytes: null, top_logprobs: [] };
}

const fromResponse: ChatTranslation['fromResponse'] = (body, request, target): ChatResponse => {
  const answer: unknown = Array.isArray(body) ? body[0] : body;
  if (!isObject(answer)) throw new InvalidResponse(`${TITLE} answered with a body that is not a JSON object.`);
  const text = answer['generated_text'];
  if (typeof text !== 'string') {
    if (answer['error'] === undefined) throw new InvalidResponse(`${TITLE} answered without a text.`);
    const failure = insideError(answer);
    throw new InvalidResponse(failure.message, failure);
  }
  const { details } = answer;
  const usage = usageOf(details);
  const logprobs =
    request.logprobs === true && isObject(details)
      ? listOf(details['tokens'])
          .map(logprobOf)
          .filter((entry) => entry !== undefined)
      : [];
  return {
    id: target.id,
    object: 'chat.completion',
    created: target.created,
    model: target.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text },
        finish_reason: finishReasonOf(details),
        ...(logprobs.length === 0 ? {} : { logprobs: { content: logprobs } }),
      },
    ],
    ...(usage === undefined ? {} : { usage }),
  };
};

function decoderAt(opened: boolean, stamp: Stamp, withLogprobs: boolean): Decoder {
  const decode: Decoder = (event) => {
    if (event.kind === 'end')
      return failedStep(invalidResponse(`${TITLE} ended the stream before the answer was complete.`));
    if (event.data.trim() === '') return { chunks: [], next: decode };
    const frame = parseJson(event.data);
    if (!isObject(frame)) return failedStep(invalidResponse(`${TITLE} sent a stream event that is not a JSON object.`));
    if (frame['error'] !== undefined && frame['error'] !== null) return failedStep(insideError(frame));
    const { token } = frame;
    // Special tokens end the text and are no part of it.
    const text = isObject(token) && token['special'] !== true ? textOf(token['text']) : undefined;
    const chunks = text === undefined ? [] : toChunks(stamp, [{ content: text }], { opened });
    const logprob = withLogprobs && text !== undefined ? logprobOf(token) : undefined;
    const choice = chunks[0]?.choices[0];
    if (choice !== undefined && logprob !== undefined) choice.logprobs = { content: [logprob] };
    const begun = opened || chunks.length > 0;
    if (typeof frame['generated_text'] !== 'string')
      return { chunks, next: begun === opened ? decode : decoderAt(begun, stamp, withLogprobs) };
    const { details } = frame;
    const end = toChunks(stamp, [{}], { opened: begun, finish: finishReasonOf(details) });
    return completeStep([...chunks, ...end, ...usageChunks(stamp, usageOf(details))]);
  };
  return decode;
}

export const tgiChat: ChatTranslation = {
  toRequest,
  fromResponse,
  framing: 'sse',
  decoder: (request: ChatRequest, { id, created, model }: Target) =>
    decoderAt(false, { id, created, model }, request.logprobs === true),
};
