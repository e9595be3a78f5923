/** OpenAI's list of messages to Google's system instruction and turns. */
import { splitCallId } from '../protocol/call-id.ts';
import type { ChatMessage, ToolCall } from '../protocol/chat.ts';
import { isObject, listOf, parseJson, textOf } from '../protocol/json.ts';
import type { ToolNames } from '../protocol/tool-names.ts';
import { Refused } from '../protocol/refused.ts';
import { toParts } from './parts.ts';
import { NO_SIGNATURE, signatureOf } from './signatures.ts';
import type { Content, Part } from './wire.ts';

/** Stands where Google insists on words and the caller gave none. */
const PLACEHOLDER = '.';

export type Conversation = { readonly system: Part[]; readonly contents: Content[] };

type Context = {
  readonly names: ToolNames;
  /** Generation 3 knows calls by their ids and wants their signatures; before it, calls and results meet by name and order. */
  readonly third: boolean;
};

/** A call of the history, by its id proper. `order` is its place in its turn. */
type Called = { readonly name: string; readonly order: number };

/** Arguments a model wrote may be broken JSON; Google takes objects only, so the text is kept inside one. */
function toArgs(text: string): Record<string, unknown> {
  if (text.trim() === '') return {};
  const parsed = parseJson(text);
  return isObject(parsed) ? parsed : { arguments: text };
}

function callPart(call: ToolCall, { names, third }: Context, first: boolean, where: string): Part {
  if (!isObject(call.function)) {
    throw new Refused('unsupported_parameter', `Gemini does not take calls of type ${call.type}.`, `${where}.type`);
  }
  const signature = signatureOf(call) ?? (third && first ? NO_SIGNATURE : undefined);
  return {
    functionCall: {
      ...(third ? { id: splitCallId(call.id).id } : {}),
      name: names.toWire(call.function.name),
      args: toArgs(call.function.arguments),
    },
    ...(signature === undefined ? {} : { thoughtSignature: signature }),
  };
}

/** The signature of the text before it; without it Gemini only thinks again. */
function textSignature(message: ChatMessage): string | undefined {
  const fields = message['provider_specific_fields'];
  return isObject(fields) ? textOf(listOf(fields['thought_signatures']).at(-1)) : undefined;
}

/** Pictures the model drew earlier: a caller that goes on about them sends them back as it got them. */
function imagesOf(message: ChatMessage, where: string): Part[] {
  return listOf(message['images']).flatMap((image, index) =>
    isObject(image) && isObject(image['image_url'])
      ? toParts([{ ...image, type: 'image_url' }], `${where}.images[${index}]`)
      : [],
  );
}

function assistantParts(message: ChatMessage, context: Context, where: string): Part[] {
  const parts = toParts(message.content, `${where}.content`);
  const refusal = textOf(message.refusal);
  if (refusal !== undefined) parts.push({ text: refusal });
  parts.push(...imagesOf(message, where));
  const signature = textSignature(message);
  const last = parts.at(-1);
  if (signature !== undefined && last !== undefined) parts[parts.length - 1] = { ...last, thoughtSignature: signature };
  (message.tool_calls ?? []).forEach((call, index) =>
    parts.push(callPart(call, context, index === 0, `${where}.tool_calls[${index}]`)),
  );
  if (message.function_call) {
    const { name, arguments: text } = message.function_call;
    const call: ToolCall = { id: `function_${name}`, type: 'function', function: { name, arguments: text } };
    parts.push(
      callPart(
        call,
        context,
        parts.every((part) => !('functionCall' in part)),
        `${where}.function_call`,
      ),
    );
  }
  return parts;
}

function toResponse(parts: readonly Part[]): Record<string, unknown> {
  const text = parts.map((part) => textOf(part['text']) ?? '').join('');
  const parsed = parseJson(text);
  return isObject(parsed) ? parsed : { content: text };
}

function resultParts(
  message: ChatMessage,
  calls: ReadonlyMap<string, Called>,
  context: Context,
  where: string,
): Part[] {
  const id =
    message.role === 'function' ? `function_${message.name ?? ''}` : splitCallId(message.tool_call_id ?? '').id;
  const name = calls.get(id)?.name ?? message.name ?? id;
  const parts = toParts(message.content, `${where}.content`);
  return [
    {
      functionResponse: {
        ...(context.third ? { id } : {}),
        name: context.names.toWire(name),
        response: toResponse(parts.filter((part) => 'text' in part)),
      },
    },
    // What a result shows beside its text.
    ...parts.filter((part) => !('text' in part)),
  ];
}

function noteCalls(message: ChatMessage, calls: Map<string, Called>): void {
  (message.tool_calls ?? []).forEach((call, order) => {
    if (isObject(call.function)) calls.set(splitCallId(call.id).id, { name: call.function.name, order });
  });
  if (message.function_call) {
    const { name } = message.function_call;
    calls.set(`function_${name}`, { name, order: 0 });
  }
}

function isResult(message: ChatMessage): boolean {
  return message.role === 'tool' || message.role === 'function';
}

/** Consecutive results, in the order of their calls: without ids the order is all that tells two calls of one function apart. */
function inCallOrder(
  results: readonly { readonly message: ChatMessage; readonly index: number }[],
  calls: ReadonlyMap<string, Called>,
) {
  const orderOf = (message: ChatMessage): number =>
    calls.get(splitCallId(message.tool_call_id ?? '').id)?.order ?? Number.MAX_SAFE_INTEGER;
  return results.toSorted((a, b) => orderOf(a.message) - orderOf(b.message));
}

type Entry = { readonly message: ChatMessage; readonly index: number };

/** Messages that become one turn: neighbours of one role; results keep to themselves, because Google counts them against the calls. */
function toRuns(
  messages: readonly ChatMessage[],
): { readonly kind: 'user' | 'model' | 'results'; readonly entries: Entry[] }[] {
  const runs: { kind: 'user' | 'model' | 'results'; entries: Entry[] }[] = [];
  messages.forEach((message, index) => {
    if (message.role === 'system' || message.role === 'developer') return;
    const kind = isResult(message) ? 'results' : message.role === 'assistant' ? 'model' : 'user';
    const last = runs.at(-1);
    if (last?.kind === kind) last.entries.push({ message, index });
    else runs.push({ kind, entries: [{ message, index }] });
  });
  return runs;
}

/** Throws `Refused` for content that Google cannot take. */
export function toConversation(messages: readonly ChatMessage[], context: Context): Conversation {
  const system = messages.flatMap((message, index) =>
    message.role === 'system' || message.role === 'developer'
      ? toParts(message.content, `messages[${index}].content`)
      : [],
  );
  const calls = new Map<string, Called>();
  const contents: Content[] = [];
  for (const { kind, entries } of toRuns(messages)) {
    if (kind === 'model') for (const { message } of entries) noteCalls(message, calls);
    const ordered = kind === 'results' ? inCallOrder(entries, calls) : entries;
    const parts = ordered.flatMap(({ message, index }) => {
      const where = `messages[${index}]`;
      if (kind === 'results') return resultParts(message, calls, context, where);
      return kind === 'model' ? assistantParts(message, context, where) : toParts(message.content, `${where}.content`);
    });
    if (parts.length > 0) contents.push({ role: kind === 'model' ? 'model' : 'user', parts });
  }
  if (contents.length === 0) contents.push({ role: 'user', parts: [{ text: PLACEHOLDER }] });
  return { system, contents };
}
