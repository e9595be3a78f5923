/** About how many tokens a prompt has, without a tokenizer: four bytes of text each, which is right within a third for most languages. */
import type { Body } from '../providers/dialects/dialect.ts';
import { kindRow } from '../providers/kinds.ts';

const BYTES_PER_TOKEN = 4;
/** What a message costs besides its text. */
const TOKENS_PER_MESSAGE = 4;
/** An attachment is long as base64, and short as tokens. */
const TOKENS_PER_ATTACHMENT = 1_000;
const LONGEST_WORD = 2_000;

export function estimateTokens(kind: string, body: Body): number {
  const row = kindRow(kind);
  if (row.operation !== 'chat') return textTokens(body['input'] ?? body['prompt'] ?? body['query'] ?? '');
  const { messages, tools } = row.dialect.toChat(body);
  return (
    messages.reduce((sum, message) => sum + TOKENS_PER_MESSAGE + textTokens(message.content), 0) + textTokens(tools)
  );
}

function textTokens(value: unknown): number {
  if (typeof value === 'string') {
    const attached = value.length > LONGEST_WORD && !/\s/.test(value.slice(0, LONGEST_WORD));
    return attached ? TOKENS_PER_ATTACHMENT : Math.ceil(Buffer.byteLength(value) / BYTES_PER_TOKEN);
  }
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + textTokens(item), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, item) => sum + textTokens(item), 0);
}
