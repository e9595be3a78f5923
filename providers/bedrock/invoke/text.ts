/** The older families behind `invoke`: a prompt in, a text out, each with names of its own for the same few things. */
import type { ChatRequest, ChatResponse } from '../../protocol/chat.ts';
import { completeStep, failedStep, toChunks, usageChunks, type Stamp } from '../../protocol/chunks.ts';
import { invalidResponse } from '../../protocol/failure.ts';
import { toFinishReason } from '../../protocol/finish-reason.ts';
import { isObject, parseJson } from '../../protocol/json.ts';
import { checkParameters, type Objection } from '../../protocol/parameters.ts';
import { extraBody } from '../../protocol/settings.ts';
import { endThink, splitThink, THINK_START, type ThinkState } from '../../protocol/think-tags.ts';
import type { Usage } from '../../protocol/usage.ts';
import { InvalidResponse, type Decoder, type DecoderStep } from '../../provider.ts';
import { TITLE } from '../error.ts';
import type { Family } from '../model.ts';
import type { InvokeFamily } from './family.ts';
import { promptFor } from './prompts.ts';
import { readText } from './text-answer.ts';

export type TextFamily = Exclude<Family, 'claude' | 'nova' | 'openai'>;

type Names = {
  readonly prompt: string;
  readonly maxTokens: string;
  /** Nothing where the family cannot stop at words. */
  readonly stop?: string;
  readonly topP: string;
  readonly topK?: string;
  /** All but the prompt lie inside this. */
  readonly inside?: string;
  /** OpenAI's names, sent as they are. */
  readonly same?: readonly string[];
  /** The body says itself whether it streams. */
  readonly stream?: boolean;
};

const NAMES: Readonly<Record<Exclude<TextFamily, 'command-r'>, Names>> = {
  llama: { prompt: 'prompt', maxTokens: 'max_gen_len', topP: 'top_p' },
  deepseek_r1: { prompt: 'prompt', maxTokens: 'max_tokens', topP: 'top_p', stop: 'stop' },
  qwen2: { prompt: 'prompt', maxTokens: 'max_tokens', topP: 'top_p', topK: 'top_k', stop: 'stop' },
  mistral: { prompt: 'prompt', maxTokens: 'max_tokens', topP: 'top_p', topK: 'top_k', stop: 'stop' },
  titan: {
    prompt: 'inputText',
    maxTokens: 'maxTokenCount',
    topP: 'topP',
    stop: 'stopSequences',
    inside: 'textGenerationConfig',
  },
  command: {
    prompt: 'prompt',
    maxTokens: 'max_tokens',
    topP: 'p',
    topK: 'k',
    stop: 'stop_sequences',
    stream: true,
  },
};

/** Cohere's first chat: the last message apart from those before it. */
const COMMAND_R: Names = {
  prompt: 'message',
  maxTokens: 'max_tokens',
  topP: 'p',
  topK: 'k',
  stop: 'stop_sequences',
  same: ['seed', 'frequency_penalty', 'presence_penalty'],
};

const ALWAYS = ['stream', 'max_tokens', 'max_completion_tokens', 'temperature', 'top_p'];

function objectionTo(names: Names) {
  const known = new Set([
    ...ALWAYS,
    ...(names.stop === undefined ? [] : ['stop']),
    ...(names.topK === undefined ? [] : ['top_k']),
    ...(names.same ?? []),
  ]);
  return (name: string): Objection | undefined => (known.has(name) ? undefined : { param: name });
}

function parametersOf(kept: ChatRequest, names: Names): Record<string, unknown> {
  const stop = typeof kept.stop === 'string' ? [kept.stop] : kept.stop;
  const fields: Record<string, unknown> = {
    [names.maxTokens]: kept.max_completion_tokens ?? kept.max_tokens,
    temperature: typeof kept.temperature === 'number' ? Math.min(kept.temperature, 1) : undefined,
    [names.topP]: kept.top_p,
  };
  if (names.topK !== undefined) fields[names.topK] = kept['top_k'];
  if (names.stop !== undefined) fields[names.stop] = stop;
  for (const name of names.same ?? []) fields[name] = kept[name];
  // What was forced through has no name of ours.
  for (const name in kept)
    if (!ALWAYS.includes(name) && !['model', 'messages', 'stop', 'top_k', ...(names.same ?? [])].includes(name))
      fields[name] = kept[name];
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}

function commandRMessages(request: ChatRequest, settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const last = request.messages.at(-1);
  const preamble = request.messages.filter((message) => message.role === 'system' || message.role === 'developer');
  const before = request.messages.slice(0, -1).filter((message) => !preamble.includes(message));
  const text = (messages: ChatRequest['messages']): string => promptFor('command-r', messages, '', settings);
  return {
    message: last === undefined || preamble.includes(last) ? '' : text([last]),
    ...(before.length === 0
      ? {}
      : {
          chat_history: before.map((message) => ({
            role: message.role === 'assistant' ? 'CHATBOT' : 'USER',
            message: text([message]),
          })),
        }),
    ...(preamble.length === 0 ? {} : { preamble: text(preamble) }),
  };
}

function startOf(family: TextFamily): ThinkState | undefined {
  return family === 'deepseek_r1' ? { at: 'thought', held: '' } : family === 'qwen2' ? THINK_START : undefined;
}

type Pieces = { readonly thought: string; readonly text: string; readonly state: ThinkState | undefined };

function split(state: ThinkState | undefined, text: string): Pieces {
  return state === undefined ? { thought: '', text, state } : splitThink(state, text);
}

function deltasOf({ thought, text }: Pick<Pieces, 'thought' | 'text'>) {
  return [...(thought === '' ? [] : [{ reasoning_content: thought }]), ...(text === '' ? [] : [{ content: text }])];
}

type State = {
  readonly opened: boolean;
  readonly finished: boolean;
  readonly think: ThinkState | undefined;
  readonly usage: Usage | undefined;
};

function decoderAt(state: State, stamp: Stamp): Decoder {
  const decode: Decoder = (event): DecoderStep => {
    if (event.kind === 'end') {
      if (state.finished) return completeStep(usageChunks(stamp, state.usage));
      return failedStep(invalidResponse(`${TITLE} ended the stream before the answer was complete.`));
    }
    const frame = parseJson(event.data);
    if (!isObject(frame)) return failedStep(invalidResponse(`${TITLE} sent a stream event that is not a JSON object.`));
    const answer = readText(frame);
    const usage = answer.usage ?? state.usage;
    if (state.finished) return { chunks: [], next: decoderAt({ ...state, usage }, stamp) };
    const pieces = split(state.think, answer.text ?? '');
    const ended = answer.finish !== undefined;
    const held = ended && pieces.state !== undefined ? endThink(pieces.state) : { thought: '', text: '' };
    const deltas = [...deltasOf(pieces), ...deltasOf(held)];
    const all = ended ? [...deltas, {}] : deltas;
    const finish = answer.finish === undefined ? null : toFinishReason(answer.finish);
    const chunks = toChunks(stamp, all, { opened: state.opened, finish });
    const next = { opened: state.opened || all.length > 0, finished: ended, think: pieces.state, usage };
    return { chunks, next: decoderAt(next, stamp) };
  };
  return decode;
}

export function textFamily(family: TextFamily): InvokeFamily {
  const names = family === 'command-r' ? COMMAND_R : NAMES[family];
  return {
    toBody: (request, target, model) => {
      const { settings } = target;
      const parameters = checkParameters(request, { title: TITLE, settings, objection: objectionTo(names) });
      if ('refused' in parameters) return parameters;
      const fields = parametersOf(parameters.kept, names);
      const prompt =
        family === 'command-r'
          ? commandRMessages(request, settings)
          : { [names.prompt]: promptFor(family, request.messages, model.name, settings) };
      const body = {
        ...prompt,
        ...(names.inside === undefined ? fields : { [names.inside]: fields }),
        ...(names.stream === true && request.stream === true ? { stream: true } : {}),
        ...extraBody(settings),
      };
      return { json: JSON.stringify(body), dropped: parameters.dropped };
    },
    fromResponse: (body, _request, target): ChatResponse => {
      if (!isObject(body)) throw new InvalidResponse(`${TITLE} answered with a body that is not a JSON object.`);
      const { text, finish, usage } = readText(body);
      if (text === undefined) throw new InvalidResponse(`${TITLE} answered without a text.`);
      const pieces = split(startOf(family), text);
      const held = pieces.state === undefined ? { thought: '', text: '' } : endThink(pieces.state);
      const thought = pieces.thought + held.thought;
      return {
        id: target.id,
        object: 'chat.completion',
        created: target.created,
        model: target.model,
        choices: [
          {
            index: 0,
            message: {
              role: 'assistant',
              content: pieces.text + held.text,
              ...(thought === '' ? {} : { reasoning_content: thought }),
            },
            finish_reason: finish === undefined ? 'stop' : toFinishReason(finish),
          },
        ],
        ...(usage === undefined ? {} : { usage }),
      };
    },
    decoder: (_request, { id, created, model }) =>
      decoderAt({ opened: false, finished: false, think: startOf(family), usage: undefined }, { id, created, model }),
  };
}
