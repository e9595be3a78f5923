/** Anthropic's whole answer as OpenAI's. */
import type { AssistantMessage, ChatRequest, ChatResponse, ThinkingBlock, ToolCall } from '../protocol/chat.ts';
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';
import { InvalidResponse, type Target } from '../provider.ts';
import { fromStreamError, TITLE } from './error.ts';
import { finishReasonOf, stopDetails } from './finish-reason.ts';
import { JSON_TOOL, structuredOutputOf, unwrapText, type StructuredOutput } from './structured-output.ts';
import { toolNamesOf, type ToolNames } from './tool-names.ts';
import { toUsage } from './usage.ts';

type Parts = {
  readonly texts: string[];
  readonly thoughts: string[];
  readonly thinking: ThinkingBlock[];
  readonly tools: ToolCall[];
  readonly citations: unknown[];
  /** Blocks OpenAI has no place for: server tools and their results. */
  readonly others: unknown[];
};

export function toThinkingBlock(block: JsonObject): ThinkingBlock | undefined {
  if (block['type'] === 'redacted_thinking') return { type: 'redacted_thinking', data: textOf(block['data']) ?? '' };
  if (block['type'] !== 'thinking') return undefined;
  const signature = textOf(block['signature']);
  return {
    type: 'thinking',
    thinking: textOf(block['thinking']) ?? '',
    ...(signature === undefined ? {} : { signature }),
  };
}

function addToolUse(parts: Parts, block: JsonObject, names: ToolNames, output: StructuredOutput): void {
  const input = block['input'] === undefined || block['input'] === null ? '{}' : JSON.stringify(block['input']);
  const name = textOf(block['name']) ?? '';
  if (output.kind === 'tool' && name === JSON_TOOL) {
    parts.texts.push(unwrapText(input, output.wrapped));
    return;
  }
  parts.tools.push({
    id: textOf(block['id']) ?? `toolu_${parts.tools.length}`,
    type: 'function',
    function: { name: names.fromWire(name), arguments: input },
  });
}

function addBlock(parts: Parts, block: unknown, names: ToolNames, output: StructuredOutput): void {
  if (!isObject(block)) throw new InvalidResponse(`${TITLE} answered with a content block that is not an object.`);
  switch (block['type']) {
    case 'text':
      parts.texts.push(textOf(block['text']) ?? '');
      parts.citations.push(...listOf(block['citations']));
      return;
    case 'thinking':
    case 'redacted_thinking': {
      const thinking = toThinkingBlock(block);
      if (thinking === undefined) return;
      parts.thinking.push(thinking);
      if (thinking.type === 'thinking') parts.thoughts.push(thinking.thinking);
      return;
    }
    case 'tool_use':
      addToolUse(parts, block, names, output);
      return;
    default:
      parts.others.push(block);
  }
}

function toMessage(parts: Parts, specific: Record<string, unknown>): AssistantMessage {
  const fields = {
    ...specific,
    ...(parts.citations.length === 0 ? {} : { citations: parts.citations }),
    ...(parts.others.length === 0 ? {} : { content_blocks: parts.others }),
  };
  const text = parts.texts.join('');
  return {
    role: 'assistant',
    content: parts.texts.length === 0 ? null : text,
    ...(parts.thoughts.length === 0 ? {} : { reasoning_content: parts.thoughts.join('') }),
    ...(parts.thinking.length === 0 ? {} : { thinking_blocks: parts.thinking }),
    ...(parts.tools.length === 0 ? {} : { tool_calls: parts.tools }),
    ...(Object.keys(fields).length === 0 ? {} : { provider_specific_fields: fields }),
  };
}

export function fromResponse(body: unknown, request: ChatRequest, target: Target): ChatResponse {
  if (!isObject(body)) throw new InvalidResponse(`${TITLE} answered with a body that is not a JSON object.`);
  if (body['type'] === 'error') {
    const failure = fromStreamError(body);
    throw new InvalidResponse(failure.message, failure);
  }
  const { content } = body;
  if (!Array.isArray(content)) throw new InvalidResponse(`${TITLE} answered without content.`);
  const names = toolNamesOf(request);
  const output = structuredOutputOf(request, target);
  const parts: Parts = { texts: [], thoughts: [], thinking: [], tools: [], citations: [], others: [] };
  for (const block of content) addBlock(parts, block, names, output);
  const usage = toUsage(body['usage']);
  return {
    id: textOf(body['id']) ?? target.id,
    object: 'chat.completion',
    created: target.created,
    model: textOf(body['model']) ?? target.model,
    choices: [
      {
        index: 0,
        message: toMessage(parts, stopDetails(body)),
        finish_reason: finishReasonOf(body['stop_reason'], parts.tools.length > 0),
      },
    ],
    ...(usage === undefined ? {} : { usage }),
  };
}
