/** Anthropic's events folded into the whole message, every block and field of it, known or not. */
import { isObject, parseJson, type JsonObject } from '../protocol/json.ts';
import { mergeUsage } from './usage.ts';

type OpenBlock = { readonly block: Record<string, unknown>; readonly json: string[] };

export type MessageFold = {
  readonly add: (frame: JsonObject) => void;
  readonly message: () => Readonly<Record<string, unknown>>;
};

/** Fields of a block's delta that stand for another field of the block. */
function addDelta({ block, json }: OpenBlock, delta: JsonObject): void {
  if (typeof delta['partial_json'] === 'string') json.push(delta['partial_json']);
  if (delta['citation'] !== undefined) {
    const known: unknown = block['citations'];
    block['citations'] = [...(Array.isArray(known) ? (known as unknown[]) : []), delta['citation']];
  }
  for (const field in delta) {
    if (field === 'type' || field === 'partial_json' || field === 'citation' || field === '__proto__') continue;
    const known = block[field];
    const value = delta[field];
    // Texts grow, whatever they are called: `text`, `thinking`, `signature`, and those to come.
    block[field] = typeof known === 'string' && typeof value === 'string' ? known + value : value;
  }
}

function closed({ block, json }: OpenBlock): JsonObject {
  if (json.length === 0) return block;
  const text = json.join('');
  return { ...block, input: parseJson(text) ?? { arguments: text } };
}

/** `model`: what the caller is told that answered. */
export function createMessageFold(model: string): MessageFold {
  const blocks = new Map<unknown, OpenBlock>();
  let head: Record<string, unknown> = { id: '', type: 'message', role: 'assistant', model, content: [] };
  let usage: JsonObject = {};
  return {
    add: (frame) => {
      switch (frame['type']) {
        case 'message_start': {
          const started = isObject(frame['message']) ? frame['message'] : {};
          head = { ...head, ...started, model };
          usage = mergeUsage(usage, started['usage']);
          return;
        }
        case 'content_block_start':
          if (isObject(frame['content_block']))
            blocks.set(frame['index'], { block: { ...frame['content_block'] }, json: [] });
          return;
        case 'content_block_delta': {
          const open = blocks.get(frame['index']);
          if (open !== undefined && isObject(frame['delta'])) addDelta(open, frame['delta']);
          return;
        }
        case 'message_delta': {
          const { type: _type, delta, usage: counted, ...others } = frame;
          head = { ...head, ...others, ...(isObject(delta) ? delta : {}) };
          usage = mergeUsage(usage, counted);
        }
      }
    },
    message: () => ({ ...head, content: [...blocks.values()].map(closed), usage }),
  };
}
