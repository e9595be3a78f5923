/** Messages as GigaChat takes them: one function is called at a time, and its result follows at once. */
import type { ChatMessage } from '../protocol/chat.ts';
import { parseJson, isObject } from '../protocol/json.ts';

/** Results must be JSON; plain words become a string of it. */
function resultText(content: ChatMessage['content']): string {
  const text = typeof content === 'string' ? content : JSON.stringify(content ?? '');
  return isObject(parseJson(text)) ? text : JSON.stringify({ result: text });
}

/** Several calls of one turn are told one after the other, each with its result. */
export function toGigaChatMessages(messages: readonly ChatMessage[]): Record<string, unknown>[] {
  const results = new Map(
    messages.flatMap((message) => (message.role === 'tool' ? [[message.tool_call_id, message]] : [])),
  );
  return messages.flatMap((message): Record<string, unknown>[] => {
    if (message.role === 'tool') return [];
    const role = message.role === 'developer' ? 'system' : message.role;
    const { tool_calls: calls, ...rest } = message;
    if (!calls || calls.length === 0) return [{ ...rest, role }];
    return calls.flatMap(({ id, function: { name, arguments: given } }, index) => {
      const result = results.get(id);
      const called = {
        role: 'assistant',
        content: index === 0 && typeof message.content === 'string' ? message.content : '',
        function_call: { name, arguments: parseJson(given) ?? {} },
      };
      return result === undefined
        ? [called]
        : [called, { role: 'function', name, content: resultText(result.content) }];
    });
  });
}
