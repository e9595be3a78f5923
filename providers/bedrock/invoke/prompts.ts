/** Prompts of the families that complete text and were taught marks of their own. */
import type { ChatMessage } from '../../protocol/chat.ts';
import type { JsonObject } from '../../protocol/json.ts';
import { messageText, toPrompt } from '../../protocol/prompt.ts';
import type { Family } from '../model.ts';

type Spoken = { readonly role: 'system' | 'user' | 'assistant'; readonly text: string };

function spoken(messages: readonly ChatMessage[]): Spoken[] {
  return messages.map((message, index) => {
    const text = messageText(message, `messages[${index}]`);
    if (message.role === 'assistant') return { role: 'assistant', text };
    return { role: message.role === 'system' || message.role === 'developer' ? 'system' : 'user', text };
  });
}

/** The prompt ends inside a thought: R1 always thinks first, and its answer begins after `</think>`. */
function deepseekPrompt(messages: readonly ChatMessage[]): string {
  const marks = { system: '', user: '<｜User｜>', assistant: '<｜Assistant｜>' } as const;
  const turns = spoken(messages).map(
    ({ role, text }) => `${marks[role]}${text}${role === 'assistant' ? '<｜end▁of▁sentence｜>' : ''}`,
  );
  return `<｜begin▁of▁sentence｜>${turns.join('')}<｜Assistant｜><think>\n`;
}

function titanPrompt(messages: readonly ChatMessage[]): string {
  const marks = { system: '', user: 'User: ', assistant: 'Bot: ' } as const;
  return `${spoken(messages)
    .map(({ role, text }) => `${marks[role]}${text}\n`)
    .join('')}Bot:`;
}

/** Command was taught no marks at all. */
function plainPrompt(messages: readonly ChatMessage[]): string {
  const turns = spoken(messages);
  if (turns.length === 1) return turns[0]?.text ?? '';
  const marks = { system: '', user: 'User: ', assistant: 'Chatbot: ' } as const;
  return `${turns.map(({ role, text }) => `${marks[role]}${text}\n`).join('')}Chatbot:`;
}

/** Where the name says nothing (imported models), the family does. */
const TAUGHT: Readonly<Partial<Record<Family, string>>> = { llama: 'llama-3', mistral: 'mistral', qwen2: 'qwen2' };

/** Throws `Refused` for content that is not text. */
export function promptFor(
  family: Family,
  messages: readonly ChatMessage[],
  name: string,
  settings: JsonObject,
): string {
  if (family === 'deepseek_r1') return deepseekPrompt(messages);
  if (family === 'titan') return titanPrompt(messages);
  if (family === 'command') return plainPrompt(messages);
  const says = /llama|mi[sx]tral|qwen/.test(name);
  return toPrompt(messages, says ? name : (TAUGHT[family] ?? ''), settings);
}
