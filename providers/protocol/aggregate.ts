/** Folds a stream's chunks into the whole answer. Pieces are kept in lists and joined once, so that long answers cost linear time. */
import type {
  AssistantMessage,
  ChatChoice,
  ChatChunk,
  ChatDelta,
  ChatResponse,
  ChunkChoice,
  FinishReason,
  ThinkingBlock,
  ToolCall,
  ToolCallDelta,
} from './chat.ts';
import { isObject } from './json.ts';
import type { Usage } from './usage.ts';

type ToolParts = { id: string; name: string; readonly pieces: string[]; readonly others: Record<string, unknown> };

type ChoiceParts = {
  readonly content: string[];
  hasContent: boolean;
  readonly refusal: string[];
  readonly reasoning: string[];
  readonly thinking: ThinkingBlock[];
  readonly tools: Map<number, ToolParts>;
  functionName: string | undefined;
  readonly functionPieces: string[];
  readonly logprobs: Map<string, unknown[]>;
  finishReason: FinishReason | null;
  readonly delta: Record<string, unknown>;
  readonly choice: Record<string, unknown>;
};

export type Aggregate = {
  /** The chunk may be reused by the caller afterwards only if it is not changed. */
  add(chunk: ChatChunk): void;
  /** The answer so far; nothing before the first chunk. Without a finish reason where the stream had none yet. */
  response(): ChatResponse | undefined;
};

function createChoice(): ChoiceParts {
  return {
    content: [],
    hasContent: false,
    refusal: [],
    reasoning: [],
    thinking: [],
    tools: new Map(),
    functionName: undefined,
    functionPieces: [],
    logprobs: new Map(),
    finishReason: null,
    delta: {},
    choice: {},
  };
}

/** Audio streams its base64 data and its transcript in pieces, every other text field is sent whole. */
const STREAMED_TEXT: ReadonlySet<string> = new Set(['data', 'transcript']);

/** A copy of the parts that `merge` may change, because the chunk is the caller's. */
function owned(value: unknown): unknown {
  if (Array.isArray(value)) return [...value];
  if (!isObject(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const key in value) copy[key] = owned(value[key]);
  return copy;
}

/** Fields we have no name for: lists grow, objects merge, the newest of anything else wins. */
function merge(into: Record<string, unknown>, field: string, value: unknown): void {
  const known = into[field];
  if (value === undefined || (value === null && known !== undefined)) return;
  if (Array.isArray(known) && Array.isArray(value)) {
    // The first piece was copied, so this list is ours to grow.
    for (const entry of value) known.push(entry);
  } else if (isObject(known) && isObject(value)) {
    const merged: Record<string, unknown> = { ...known };
    for (const key in value) merge(merged, key, value[key]);
    into[field] = merged;
  } else if (typeof known === 'string' && typeof value === 'string' && STREAMED_TEXT.has(field)) {
    into[field] = known + value;
  } else {
    into[field] = owned(value);
  }
}

function addTool(choice: ChoiceParts, delta: ToolCallDelta): void {
  const { index, id, type: _type, function: called, ...others } = delta;
  let tool = choice.tools.get(index);
  if (tool === undefined) {
    tool = { id: id ?? '', name: '', pieces: [], others: {} };
    choice.tools.set(index, tool);
  }
  if (tool.id === '' && id !== undefined) tool.id = id;
  if (tool.name === '' && called?.name !== undefined) tool.name = called.name;
  if (called?.arguments !== undefined && called.arguments !== '') tool.pieces.push(called.arguments);
  for (const field in others) merge(tool.others, field, others[field]);
}

function addDelta(choice: ChoiceParts, delta: ChatDelta): void {
  for (const field in delta) {
    const value = delta[field];
    switch (field) {
      case 'role':
        break;
      case 'content':
        if (typeof value !== 'string') break;
        choice.hasContent = true;
        if (value !== '') choice.content.push(value);
        break;
      case 'refusal':
        if (typeof value === 'string') choice.refusal.push(value);
        break;
      case 'reasoning_content':
        if (typeof value === 'string') choice.reasoning.push(value);
        break;
      case 'thinking_blocks':
        if (delta.thinking_blocks) choice.thinking.push(...delta.thinking_blocks);
        break;
      case 'tool_calls':
        for (const tool of delta.tool_calls ?? []) addTool(choice, tool);
        break;
      case 'function_call':
        choice.functionName ??= delta.function_call?.name;
        if (delta.function_call?.arguments !== undefined) choice.functionPieces.push(delta.function_call.arguments);
        break;
      default:
        merge(choice.delta, field, value);
    }
  }
}

function addLogprobs(choice: ChoiceParts, logprobs: unknown): void {
  if (!isObject(logprobs)) return;
  for (const field in logprobs) {
    const entries = logprobs[field];
    if (!Array.isArray(entries)) continue;
    const known = choice.logprobs.get(field);
    if (known === undefined) choice.logprobs.set(field, [...entries]);
    else for (const entry of entries) known.push(entry);
  }
}

function addChoice(choices: Map<number, ChoiceParts>, piece: ChunkChoice): void {
  let choice = choices.get(piece.index);
  if (choice === undefined) {
    choice = createChoice();
    choices.set(piece.index, choice);
  }
  for (const field in piece) {
    switch (field) {
      case 'index':
        break;
      case 'delta':
        addDelta(choice, piece.delta);
        break;
      case 'finish_reason':
        if (piece.finish_reason !== null) choice.finishReason = piece.finish_reason;
        break;
      case 'logprobs':
        addLogprobs(choice, piece.logprobs);
        break;
      default:
        merge(choice.choice, field, piece[field]);
    }
  }
}

function toToolCall({ id, name, pieces, others }: ToolParts): ToolCall {
  return {
    ...others,
    id,
    type: 'function',
    function: { name, arguments: pieces.length === 0 ? '{}' : pieces.join('') },
  };
}

function toMessage(parts: ChoiceParts): AssistantMessage {
  const tools = [...parts.tools].sort(([a], [b]) => a - b).map(([, tool]) => toToolCall(tool));
  const called = parts.functionName !== undefined || parts.functionPieces.length > 0;
  const text = parts.content.join('');
  return {
    ...parts.delta,
    role: 'assistant',
    // OpenAI streams "" before a tool call and answers null for the same call when it does not stream.
    content: parts.hasContent && (text !== '' || tools.length === 0) ? text : null,
    ...(parts.refusal.length === 0 ? {} : { refusal: parts.refusal.join('') }),
    ...(parts.reasoning.length === 0 ? {} : { reasoning_content: parts.reasoning.join('') }),
    ...(parts.thinking.length === 0 ? {} : { thinking_blocks: parts.thinking }),
    ...(tools.length === 0 ? {} : { tool_calls: tools }),
    ...(called ? { function_call: { name: parts.functionName ?? '', arguments: parts.functionPieces.join('') } } : {}),
  };
}

function toChoice(index: number, parts: ChoiceParts): ChatChoice {
  return {
    ...parts.choice,
    index,
    message: toMessage(parts),
    finish_reason: parts.finishReason,
    ...(parts.logprobs.size === 0 ? {} : { logprobs: Object.fromEntries(parts.logprobs) }),
  };
}

export function createAggregate(): Aggregate {
  const choices = new Map<number, ChoiceParts>();
  const fields: Record<string, unknown> = {};
  let first: ChatChunk | undefined;
  let usage: Usage | undefined;
  return {
    add(chunk) {
      first ??= chunk;
      for (const field in chunk) {
        switch (field) {
          case 'id':
          case 'object':
          case 'created':
          case 'model':
            break;
          case 'choices':
            for (const choice of chunk.choices) addChoice(choices, choice);
            break;
          case 'usage':
            usage = chunk.usage ?? usage;
            break;
          // Random padding against traffic analysis: nobody wants the sum of it.
          case 'obfuscation':
            break;
          default:
            merge(fields, field, chunk[field]);
        }
      }
    },
    response() {
      if (first === undefined) return undefined;
      return {
        ...fields,
        id: first.id,
        object: 'chat.completion',
        created: first.created,
        model: first.model,
        choices: [...choices].sort(([a], [b]) => a - b).map(([index, parts]) => toChoice(index, parts)),
        ...(usage === undefined ? {} : { usage }),
      };
    },
  };
}
