/** Thoughts that come as lists of parts, as Databricks and Snowflake pass them on, in OpenAI's flat fields. */
import type { ThinkingBlock } from './chat.ts';
import { isObject, listOf, textOf, type JsonObject } from './json.ts';

export type Thoughts = { readonly text: string; readonly blocks: readonly ThinkingBlock[] };

/** `parts` hold text, and where the model signed a thought, its signature. */
export function readThoughts(parts: readonly unknown[]): Thoughts {
  const texts: string[] = [];
  const blocks: ThinkingBlock[] = [];
  for (const part of parts) {
    if (!isObject(part)) continue;
    const text = textOf(part['text']) ?? '';
    const signature = textOf(part['signature']);
    texts.push(text);
    if (signature !== undefined && text !== '') blocks.push({ type: 'thinking', thinking: text, signature });
  }
  return { text: texts.join(''), blocks };
}

export function thoughtFields({ text, blocks }: Thoughts): JsonObject {
  return {
    ...(text === '' ? {} : { reasoning_content: text }),
    ...(blocks.length === 0 ? {} : { thinking_blocks: blocks }),
  };
}

/** The frame with each choice's message, or delta, read by `read`. */
export function mapSpoken(frame: JsonObject, read: (spoken: JsonObject) => JsonObject): JsonObject {
  if (!Array.isArray(frame['choices'])) return frame;
  const choices = listOf(frame['choices']).map((choice) => {
    if (!isObject(choice)) return choice;
    const field = isObject(choice['delta']) ? 'delta' : 'message';
    const spoken = choice[field];
    return isObject(spoken) ? { ...choice, [field]: read(spoken) } : choice;
  });
  return { ...frame, choices };
}
