/** Messages as models behind Databricks accept them: no empty text, one system message in front, one call a turn. */
import type { ChatMessage, ContentPart } from '../protocol/chat.ts';

function isEmptyText(part: ContentPart): boolean {
  return part.type === 'text' && 'text' in part && part.text === '';
}

function contentOf(content: ChatMessage['content']): ChatMessage['content'] {
  if (!Array.isArray(content)) return content;
  return content.filter((part) => !isEmptyText(part));
}

function isSilent({ role, content, tool_calls: calls }: ChatMessage): boolean {
  const empty = content === undefined || content === null || content.length === 0;
  return role === 'assistant' && empty && (calls ?? []).length === 0;
}

function textOfContent(content: ChatMessage['content']): string {
  if (!Array.isArray(content)) return content ?? '';
  return content.map((part) => ('text' in part && typeof part.text === 'string' ? part.text : '')).join('\n');
}

/** Instructions anywhere in the conversation, as one message before it. */
function withInstructionsFirst(messages: readonly ChatMessage[]): ChatMessage[] {
  const isInstruction = ({ role }: ChatMessage): boolean => role === 'system' || role === 'developer';
  const instructions = messages.filter(isInstruction);
  const others = messages.filter((message) => !isInstruction(message));
  if (instructions.length === 0) return others;
  const content = instructions.map((message) => textOfContent(message.content)).join('\n');
  return [{ role: 'system', content }, ...others];
}

/** Each parallel call becomes a turn of its own, followed by its result. */
function withSingleCalls(messages: readonly ChatMessage[]): ChatMessage[] {
  const result: ChatMessage[] = [];
  for (let at = 0; at < messages.length; at += 1) {
    const message = messages[at];
    if (message === undefined) continue;
    const calls = message.tool_calls ?? [];
    if (calls.length < 2) {
      result.push(message);
      continue;
    }
    const answers: ChatMessage[] = [];
    for (let next = messages[at + 1]; next?.role === 'tool'; next = messages[at + 1]) {
      answers.push(next);
      at += 1;
    }
    calls.forEach((call, index) => {
      // What was said before the calls was said once.
      result.push({ ...message, content: index === 0 ? (message.content ?? null) : null, tool_calls: [call] });
      result.push(...answers.filter((answer) => answer.tool_call_id === call.id));
    });
    result.push(...answers.filter((answer) => calls.every((call) => call.id !== answer.tool_call_id)));
  }
  return result;
}

function cleaned(message: ChatMessage): ChatMessage {
  const content = contentOf(message.content);
  if (content === message.content && (message.name === undefined || message.role === 'user')) return message;
  const copy: ChatMessage = { ...message, ...(content === undefined ? {} : { content }) };
  if (message.role !== 'user') delete copy.name;
  return copy;
}

export function toDatabricksMessages(messages: readonly ChatMessage[], isClaude: boolean): ChatMessage[] {
  const spoken = messages.map(cleaned).filter((message) => !isSilent(message));
  return isClaude ? spoken : withSingleCalls(withInstructionsFirst(spoken));
}
