/** OpenAI's chat completions: our own language. Chunks go out as they are; usage only to those who asked for it. */
import type { ChatRequest } from '../protocol/chat.ts';
import { replayChat } from './chat-replay.ts';
import type { Dialect, Encoder } from './dialect.ts';

export const chat: Dialect = {
  toChat: (body) => body as ChatRequest,
  fromResponse: (response) => response,
  encoder: (body) => ((body as ChatRequest).stream_options?.include_usage === true ? withUsage : withoutUsage),
  replay: replayChat,
};

const withUsage: Encoder = (chunk) => ({ frames: chunk === 'end' ? [] : [JSON.stringify(chunk)], next: withUsage });

const withoutUsage: Encoder = (chunk) => {
  if (chunk === 'end' || chunk.choices.length === 0) return { frames: [], next: withoutUsage };
  // `usage: undefined` is left out of the text.
  const shown = chunk.usage === undefined ? chunk : { ...chunk, usage: undefined };
  return { frames: [JSON.stringify(shown)], next: withoutUsage };
};
