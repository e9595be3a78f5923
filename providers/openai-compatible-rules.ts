/** What single compatible providers do differently and that needs code. Each is a field of a row. */
import type { ChatMessage, ChatRequest, ReasoningEffort } from './protocol/chat.ts';
import { isObject, listOf, textOf, type JsonObject } from './protocol/json.ts';
import { budgetOfEffort } from './protocol/reasoning.ts';
import { mapSpoken } from './protocol/reasoning-parts.ts';
import type { Target } from './provider.ts';

/** DeepSeek: while it thinks, every earlier answer must say what was thought; while it does not, none may. */
export function deepSeekThoughts(body: ChatRequest, target: Target): void {
  const type = body.thinking?.type;
  const thinks = type === undefined ? target.model.includes('reasoner') : type !== 'disabled';
  body.messages = body.messages.map((message) => {
    if (message.role !== 'assistant') return message;
    if (thinks)
      return textOf(message.reasoning_content) === undefined ? { ...message, reasoning_content: ' ' } : message;
    const { reasoning_content: _thought, ...rest } = message;
    return rest;
  });
}

function textParts(content: ChatMessage['content']): NonNullable<Exclude<ChatMessage['content'], string>> {
  if (Array.isArray(content)) return content;
  return content === undefined || content === null || content === '' ? [] : [{ type: 'text', text: content }];
}

function joined(first: ChatMessage['content'], second: ChatMessage['content']): ChatMessage['content'] {
  if (typeof first === 'string' && typeof second === 'string') return `${first}\n\n${second}`;
  return [...textParts(first), ...textParts(second)];
}

/** Perplexity: user and assistant take turns, and nobody speaks twice. */
export function takeTurns(body: ChatRequest): void {
  const turns: ChatMessage[] = [];
  for (const message of body.messages) {
    const last = turns.at(-1);
    if (last === undefined || last.role !== message.role) {
      turns.push(message);
      continue;
    }
    const content = joined(last.content, message.content);
    turns[turns.length - 1] = { ...last, ...(content === undefined ? {} : { content }) };
  }
  body.messages = turns;
}

/** `[2]` in the text stands for the second source. */
function annotationsOf(text: string, sources: readonly unknown[]): JsonObject[] {
  const annotations: JsonObject[] = [];
  for (const mark of text.matchAll(/\[(\d{1,3})\]/g)) {
    const source = sources[Number(mark[1]) - 1];
    const url = isObject(source) ? textOf(source['url']) : textOf(source);
    if (url === undefined) continue;
    const title = isObject(source) ? (textOf(source['title']) ?? url) : url;
    const place = { start_index: mark.index, end_index: mark.index + mark[0].length };
    annotations.push({ type: 'url_citation', url_citation: { url, title, ...place } });
  }
  return annotations;
}

/** Perplexity: sources lie beside the answer; OpenAI's clients look for them on the message. */
export function perplexityAnnotations(frame: JsonObject): JsonObject {
  const results = listOf(frame['search_results']);
  const sources = results.length > 0 ? results : listOf(frame['citations']);
  if (sources.length === 0 || frame['object'] === 'chat.completion.chunk') return frame;
  return mapSpoken(frame, (spoken) => {
    const annotations = annotationsOf(textOf(spoken['content']) ?? '', sources);
    return annotations.length === 0 || spoken['annotations'] !== undefined ? spoken : { ...spoken, annotations };
  });
}

/** MiniMax's numbers for what other providers say by a status. */
const MINIMAX_STATUS: Readonly<Record<number, number>> = {
  1001: 504,
  1002: 429,
  1004: 401,
  1008: 402,
  1039: 429,
  2013: 400,
  2049: 401,
};
const MINIMAX_POLICY: ReadonlySet<number> = new Set([1026, 1027]);

/** MiniMax: an error is a 200 with a number in it. */
export function minimaxErrors(frame: JsonObject): JsonObject {
  const base = frame['base_resp'];
  const number = isObject(base) ? base['status_code'] : undefined;
  if (!isObject(base) || typeof number !== 'number' || number === 0 || listOf(frame['choices']).length > 0)
    return frame;
  const policy = MINIMAX_POLICY.has(number);
  return {
    error: {
      message: textOf(base['status_msg']) ?? `MiniMax answered with error ${number}.`,
      code: policy ? 'content_policy_violation' : String(number),
      status: policy ? 400 : (MINIMAX_STATUS[number] ?? 500),
    },
  };
}

function isEffort(value: unknown): value is ReasoningEffort {
  return typeof value === 'string';
}

/** Alibaba: a switch, and how many tokens to think. */
export function enableThinking(body: ChatRequest): void {
  const effort = body['reasoning_effort'];
  if (!isEffort(effort)) return;
  delete body['reasoning_effort'];
  body['enable_thinking'] ??= effort !== 'none';
  if (effort !== 'none') body['thinking_budget'] ??= budgetOfEffort(effort);
}

/** Heroku: Anthropic's budget under a name of its own. */
export function extendedThinking(body: ChatRequest): void {
  const { thinking } = body;
  delete body.thinking;
  const effort = body['reasoning_effort'];
  delete body['reasoning_effort'];
  if (thinking) {
    const budget = thinking.budget_tokens === undefined ? {} : { budget_tokens: thinking.budget_tokens };
    body['extended_thinking'] = { enabled: thinking.type !== 'disabled', ...budget };
  } else if (isEffort(effort)) {
    // Claude's smallest budget.
    const budget = effort === 'none' ? {} : { budget_tokens: Math.max(1024, budgetOfEffort(effort)) };
    body['extended_thinking'] = { enabled: effort !== 'none', ...budget };
  }
}
