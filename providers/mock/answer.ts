/** What the mock says: always the same answer to the same request, with exact token counts. */
import type { ChatMessage, ChatRequest, ToolCall } from '../protocol/chat.ts';
import { isObject, textOf } from '../protocol/json.ts';
import type { Usage } from '../protocol/usage.ts';
import type { Control } from './control.ts';
import { instanceOf } from './instance.ts';

export type MockAnswer = {
  /** Pieces of the text, one token each; joined they are the text. */
  readonly words: readonly string[];
  readonly tool?: ToolCall;
  readonly finishReason: 'stop' | 'length' | 'tool_calls';
  readonly usage: Usage;
};

function textIn(message: ChatMessage): string {
  if (typeof message.content === 'string') return message.content;
  return (message.content ?? []).map((part) => ('text' in part ? (textOf(part.text) ?? '') : '')).join(' ');
}

/** Each word with the white space before it: one token of the mock. */
function tokensOf(text: string): readonly string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

/** Three tokens of framing for each message, in the manner of real tokenizers. */
const TOKENS_PER_MESSAGE = 3;

function promptTokens(request: ChatRequest): number {
  let count = 0;
  for (const message of request.messages) count += TOKENS_PER_MESSAGE + tokensOf(textIn(message)).length;
  for (const tool of request.tools ?? []) count += tokensOf(JSON.stringify(tool)).length;
  return count;
}

function lastUserText(request: ChatRequest): string {
  const last = request.messages.findLast((message) => message.role === 'user');
  return last === undefined ? '' : textIn(last).trim();
}

function repeated(words: number): string {
  return Array.from({ length: words }, (_, index) => `word${index + 1}`).join(' ');
}

function toText(request: ChatRequest, control: Control): string {
  if (control.text !== undefined) return control.text;
  if (control.words !== undefined) return repeated(control.words);
  const format = request.response_format;
  if (format?.type === 'json_schema') return JSON.stringify(instanceOf(format.json_schema.schema ?? {}));
  const said = lastUserText(request);
  if (format?.type === 'json_object') return JSON.stringify({ answer: said });
  return said === '' ? 'This is a mock answer.' : `This is a mock answer to: ${said}`;
}

/** The tool to call, when the request leaves no choice. */
function toTool(request: ChatRequest): ToolCall | undefined {
  const choice = request.tool_choice;
  const named = isObject(choice) && isObject(choice.function) ? choice.function.name : undefined;
  if (choice !== 'required' && choice !== 'any' && named === undefined) return undefined;
  const tool = (request.tools ?? []).find((declared) => named === undefined || declared.function?.name === named);
  if (tool?.function === undefined) return undefined;
  const args = instanceOf(tool.function.parameters ?? { type: 'object' });
  return {
    id: 'call_mock_1',
    type: 'function',
    function: { name: tool.function.name, arguments: JSON.stringify(args) },
  };
}

function usageOf(prompt: number, completion: number): Usage {
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

export function answerTo(request: ChatRequest, control: Control): MockAnswer {
  const prompt = promptTokens(request);
  const times = request.n ?? 1;
  const tool = toTool(request);
  if (tool !== undefined) {
    const completion = tokensOf(`${tool.function.name} ${tool.function.arguments}`).length;
    return { words: [], tool, finishReason: 'tool_calls', usage: usageOf(prompt, completion * times) };
  }
  const all = tokensOf(toText(request, control));
  const most = request.max_completion_tokens ?? request.max_tokens ?? Infinity;
  const words = all.slice(0, most);
  return {
    words,
    finishReason: words.length < all.length ? 'length' : 'stop',
    usage: usageOf(prompt, words.length * times),
  };
}
