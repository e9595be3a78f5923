/** A whole Anthropic message as the events it might have come in. */
import { isObject, listOf, type JsonObject } from '../protocol/json.ts';

export function replayMessage(answer: JsonObject): readonly string[] {
  const { content, stop_reason: reason = null, stop_sequence: sequence = null, usage } = answer;
  const blocks = listOf(content).filter(isObject);
  const counts = isObject(usage) ? usage : {};
  return [
    frame('message_start', {
      message: {
        ...answer,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { ...counts, output_tokens: 0 },
      },
    }),
    ...blocks.flatMap(replayBlock),
    frame('message_delta', { delta: { stop_reason: reason, stop_sequence: sequence }, usage: counts }),
    frame('message_stop', {}),
  ];
}

function frame(type: string, rest: JsonObject): string {
  return JSON.stringify({ type, ...rest });
}

function replayBlock(block: JsonObject, index: number): readonly string[] {
  const { empty, deltas } = partsOf(block);
  return [
    frame('content_block_start', { index, content_block: empty }),
    ...deltas.map((delta) => frame('content_block_delta', { index, delta })),
    frame('content_block_stop', { index }),
  ];
}

/** A block as it is announced, and what fills it. Blocks of other types are announced whole, as Anthropic does it. */
function partsOf(block: JsonObject): { readonly empty: JsonObject; readonly deltas: readonly JsonObject[] } {
  switch (block['type']) {
    case 'text': {
      const { citations, ...rest } = block;
      return {
        empty: { ...rest, text: '' },
        deltas: [
          ...listOf(citations).map((citation) => ({ type: 'citations_delta', citation })),
          { type: 'text_delta', text: block['text'] },
        ],
      };
    }
    case 'thinking': {
      const { signature } = block;
      return {
        empty: { ...block, thinking: '', ...(signature === undefined ? {} : { signature: '' }) },
        deltas: [
          { type: 'thinking_delta', thinking: block['thinking'] },
          ...(signature === undefined ? [] : [{ type: 'signature_delta', signature }]),
        ],
      };
    }
    case 'tool_use':
    case 'server_tool_use':
      return {
        empty: { ...block, input: {} },
        deltas: [{ type: 'input_json_delta', partial_json: JSON.stringify(block['input'] ?? {}) }],
      };
    default:
      return { empty: block, deltas: [] };
  }
}
