/** Containers that complete text: Hugging Face's inference server, JumpStart's models, Amazon's own model server. */
import type { ChatRequest, ChatResponse, FinishReason } from '../protocol/chat.ts';
import { completeStep, failedStep, toChunks, usageChunks, type Stamp } from '../protocol/chunks.ts';
import { tokenCount } from '../protocol/count.ts';
import type { Failure } from '../protocol/errors.ts';
import { invalidResponse, toFailureInside } from '../protocol/failure.ts';
import { isObject, listOf, parseJson, textOf, type JsonObject } from '../protocol/json.ts';
import { checkParameters, type Objection } from '../protocol/parameters.ts';
import { toPrompt } from '../protocol/prompt.ts';
import { orRefusal } from '../protocol/refused.ts';
import type { Usage } from '../protocol/usage.ts';
import { InvalidResponse, type ChatTranslation, type Decoder, type DecoderStep, type Target } from '../provider.ts';
import { addressed } from './address.ts';
import { CONTAINER_CODES, TITLE } from './error.ts';
import { byLines } from './lines.ts';

/** Names that are the same on both sides. */
const SAME = ['top_k', 'seed', 'repetition_penalty', 'typical_p', 'truncate', 'watermark', 'best_of'] as const;

const SUPPORTED: ReadonlySet<string> = new Set([
  ...SAME,
  'stream',
  'temperature',
  'top_p',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'n',
]);

function objectionTo(request: ChatRequest) {
  return (name: string): Objection | undefined => {
    if (!SUPPORTED.has(name)) return { param: name };
    const several = name === 'n' && (request.n ?? 1) > 1;
    return several && request.stream === true ? { param: name, because: 'one stream has one answer' } : undefined;
  };
}

function toParameters(kept: ChatRequest): Record<string, unknown> {
  const parameters: Record<string, unknown> = { details: true, return_full_text: false };
  for (const name of SAME) if (kept[name] !== undefined) parameters[name] = kept[name];
  const length = kept.max_completion_tokens ?? kept.max_tokens;
  if (typeof length === 'number') parameters['max_new_tokens'] = Math.max(1, length);
  // Both ends of these ranges are open: 0 means to choose the best always, 1 to choose from all.
  if (kept.temperature === 0) parameters['do_sample'] = false;
  else if (typeof kept.temperature === 'number')
    Object.assign(parameters, { temperature: kept.temperature, do_sample: true });
  if (typeof kept.top_p === 'number' && kept.top_p > 0 && kept.top_p < 1) parameters['top_p'] = kept.top_p;
  if (kept.stop) parameters['stop'] = typeof kept.stop === 'string' ? [kept.stop] : kept.stop;
  if (typeof kept.n === 'number' && kept.n > 1) Object.assign(parameters, { best_of: kept.n, do_sample: true });
  return parameters;
}

/** What the marks of a prompt follow from: an endpoint's name says nothing of its model. */
function promptOf(request: ChatRequest, target: Target): string {
  const model = textOf(target.settings['hf_model_name']) ?? target.model;
  return toPrompt(request.messages, model, target.settings);
}

/** `extra_body.parameters` is merged into ours, and null removes: containers differ in what they refuse. */
function withExtra(body: JsonObject & { readonly parameters: JsonObject }, extra: unknown): JsonObject {
  if (!isObject(extra)) return body;
  const more = isObject(extra['parameters']) ? extra['parameters'] : {};
  const parameters = Object.entries({ ...body.parameters, ...more }).filter(([, value]) => value !== null);
  return { ...body, ...extra, parameters: Object.fromEntries(parameters) };
}

const toRequest: ChatTranslation['toRequest'] = (request, target) => {
  const { settings } = target;
  const checked = checkParameters(request, { title: TITLE, settings, objection: objectionTo(request) });
  if ('refused' in checked) return checked;
  const { kept, dropped } = checked;
  return orRefusal(() => {
    const streaming = request.stream === true;
    const body = {
      inputs: promptOf(request, target),
      parameters: toParameters(kept),
      ...(streaming ? { stream: true } : {}),
    };
    return addressed(target, { json: JSON.stringify(withExtra(body, settings['extra_body'])), streaming, dropped });
  });
};

function usageOf(details: unknown): Usage | undefined {
  if (!isObject(details)) return undefined;
  const prefill = listOf(details['prefill']).length;
  const input =
    tokenCount(details['input_length']) ?? tokenCount(details['prompt_tokens']) ?? (prefill > 0 ? prefill : undefined);
  const output = tokenCount(details['generated_tokens']);
  if (input === undefined || output === undefined) return undefined;
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

function finishReasonOf(details: unknown): FinishReason {
  return isObject(details) && details['finish_reason'] === 'length' ? 'length' : 'stop';
}

function insideError(body: JsonObject): Failure {
  const kind = textOf(body['error_type']);
  return toFailureInside({
    title: TITLE,
    body: kind === undefined ? body : { ...body, type: kind },
    codes: CONTAINER_CODES,
  });
}

/** Where the container wrote the text: each has its own word, some inside one or two lists. */
function textIn(answer: JsonObject): string | undefined {
  const [first] = listOf(answer['outputs']);
  return [answer['generated_text'], answer['generation'], first].find((value) => typeof value === 'string');
}

/** Older containers repeat the prompt before the answer. */
function withoutPrompt(text: string, prompt: string): string {
  return prompt !== '' && text.startsWith(prompt) ? text.slice(prompt.length) : text;
}

const fromResponse: ChatTranslation['fromResponse'] = (body, request, target): ChatResponse => {
  let answer: unknown = body;
  for (let depth = 0; depth < 2 && Array.isArray(answer); depth += 1) answer = (answer as unknown[])[0];
  if (!isObject(answer)) throw new InvalidResponse(`${TITLE} answered with a body that is not a JSON object.`);
  const text = textIn(answer);
  if (text === undefined) {
    if (answer['error'] === undefined) throw new InvalidResponse(`${TITLE} answered without a text.`);
    const failure = insideError(answer);
    throw new InvalidResponse(failure.message, failure);
  }
  const { details } = answer;
  const prompt = promptOf(request, target);
  const others = isObject(details) ? listOf(details['best_of_sequences']).filter(isObject) : [];
  const usage = others.length === 0 ? usageOf(details) : undefined;
  const sequences = [{ text, details }, ...others.map((one) => ({ text: textIn(one) ?? '', details: one }))];
  return {
    id: target.id,
    object: 'chat.completion',
    created: target.created,
    model: target.model,
    choices: sequences.map((sequence, index) => ({
      index,
      message: { role: 'assistant', content: withoutPrompt(sequence.text, prompt) },
      finish_reason: finishReasonOf(sequence.details),
    })),
    ...(usage === undefined ? {} : { usage }),
  };
};

type State = {
  readonly opened: boolean;
  /** Whether the container marks the end of its answer, as far as its lines have shown. */
  readonly marks: 'unknown' | 'yes' | 'no';
};

/** One line of a container that writes as it goes; the last one has the whole text, and says why it ended. */
function decoderAt(state: State, stamp: Stamp): Decoder {
  const decode: Decoder = (event): DecoderStep => {
    if (event.kind === 'end') {
      // Some containers only stop: no mark of the end is missing.
      if (state.marks !== 'no')
        return failedStep(invalidResponse(`${TITLE} ended the stream before the answer was complete.`));
      return completeStep(toChunks(stamp, [{}], { opened: state.opened, finish: 'stop' }));
    }
    if (event.data.startsWith('[DONE]')) return { chunks: [], next: decode };
    const parsed = parseJson(event.data);
    const frame: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
    if (!isObject(frame)) return failedStep(invalidResponse(`${TITLE} sent a stream line that is not a JSON object.`));
    if (frame['error'] !== undefined && frame['error'] !== null) return failedStep(insideError(frame));
    const { token, details } = frame;
    // Special tokens end the text and are no part of it.
    const piece = isObject(token)
      ? token['special'] === true
        ? undefined
        : textOf(token['text'])
      : textOf(textIn(frame));
    const chunks = piece === undefined ? [] : toChunks(stamp, [{ content: piece }], { opened: state.opened });
    const opened = state.opened || chunks.length > 0;
    const last = isObject(token)
      ? typeof frame['generated_text'] === 'string'
      : isObject(details) && details['finish_reason'] !== undefined && details['finish_reason'] !== null;
    if (!last) return { chunks, next: decoderAt({ opened, marks: isObject(token) ? 'yes' : 'no' }, stamp) };
    const end = toChunks(stamp, [{}], { opened, finish: finishReasonOf(details) });
    return completeStep([...chunks, ...end, ...usageChunks(stamp, usageOf(details))]);
  };
  return decode;
}

export const textChat: ChatTranslation = {
  toRequest,
  fromResponse,
  framing: 'aws-eventstream',
  decoder: (_request, { id, created, model }) =>
    byLines(decoderAt({ opened: false, marks: 'unknown' }, { id, created, model })),
};
