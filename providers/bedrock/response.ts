/** Converse's whole answer as OpenAI's. */
import { JSON_TOOL, unwrapText, type StructuredOutput } from '../anthropic/structured-output.ts';
import type { AssistantMessage, ChatRequest, ChatResponse, ThinkingBlock, ToolCall } from '../protocol/chat.ts';
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';
import type { ToolNames } from '../protocol/tool-names.ts';
import { InvalidResponse, type Target } from '../provider.ts';
import { abilitiesOf } from './abilities.ts';
import { TITLE } from './error.ts';
import { finishReasonOf, stopDetails } from './finish-reason.ts';
import type { NamedModel } from './model.ts';
import { structuredOutputOf } from './structured-output.ts';
import { toolNamesOf } from './tool-names.ts';
import { toUsage } from './usage.ts';

type Parts = {
  readonly texts: string[];
  readonly thinking: ThinkingBlock[];
  readonly tools: ToolCall[];
  readonly citations: unknown[];
  /** Blocks OpenAI has no place for: server tools and their results, images. */
  readonly others: unknown[];
};

type Context = { readonly names: ToolNames; readonly output: StructuredOutput };

export function toThinkingBlock(content: JsonObject): ThinkingBlock | undefined {
  const redacted = textOf(content['redactedContent']);
  if (redacted !== undefined) return { type: 'redacted_thinking', data: redacted };
  const reasoning = content['reasoningText'];
  if (!isObject(reasoning)) return undefined;
  const signature = textOf(reasoning['signature']);
  return {
    type: 'thinking',
    thinking: textOf(reasoning['text']) ?? '',
    ...(signature === undefined ? {} : { signature }),
  };
}

/** Tools that Bedrock runs itself are nothing for the caller to answer. */
export function isServerTool(use: JsonObject): boolean {
  return use['type'] === 'server_tool_use';
}

function addToolUse(parts: Parts, use: JsonObject, { names, output }: Context): void {
  const input = use['input'] === undefined || use['input'] === null ? '{}' : JSON.stringify(use['input']);
  const name = textOf(use['name']) ?? '';
  if (output.kind === 'tool' && name === JSON_TOOL) {
    parts.texts.push(unwrapText(input, output.wrapped));
    return;
  }
  parts.tools.push({
    id: textOf(use['toolUseId']) ?? `tooluse_${parts.tools.length}`,
    type: 'function',
    function: { name: names.fromWire(name), arguments: input },
  });
}

function addBlock(parts: Parts, block: unknown, context: Context): void {
  if (!isObject(block)) throw new InvalidResponse(`${TITLE} answered with a content block that is not an object.`);
  const { text, toolUse, reasoningContent: reasoning, citationsContent: cited } = block;
  if (typeof text === 'string') parts.texts.push(text);
  else if (isObject(toolUse) && !isServerTool(toolUse)) addToolUse(parts, toolUse, context);
  else if (isObject(reasoning)) {
    const thinking = toThinkingBlock(reasoning);
    if (thinking !== undefined) parts.thinking.push(thinking);
  } else if (isObject(cited)) {
    for (const piece of listOf(cited['content'])) if (isObject(piece)) parts.texts.push(textOf(piece['text']) ?? '');
    parts.citations.push(...listOf(cited['citations']));
  } else parts.others.push(block);
}

function toMessage(parts: Parts, specific: Record<string, unknown>): AssistantMessage {
  const fields = {
    ...specific,
    ...(parts.citations.length === 0 ? {} : { citations: parts.citations }),
    ...(parts.others.length === 0 ? {} : { content_blocks: parts.others }),
  };
  const thoughts = parts.thinking.map((block) => (block.type === 'thinking' ? block.thinking : '')).join('');
  return {
    role: 'assistant',
    content: parts.texts.length === 0 ? null : parts.texts.join(''),
    ...(thoughts === '' ? {} : { reasoning_content: thoughts }),
    ...(parts.thinking.length === 0 ? {} : { thinking_blocks: parts.thinking }),
    ...(parts.tools.length === 0 ? {} : { tool_calls: parts.tools }),
    ...(Object.keys(fields).length === 0 ? {} : { provider_specific_fields: fields }),
  };
}

/** What belongs to the whole answer: which tier served it, what a guardrail found. */
export function extrasOf(raw: JsonObject): { service_tier?: string; trace?: unknown } {
  const tier = isObject(raw['serviceTier']) ? textOf(raw['serviceTier']['type']) : undefined;
  const { trace } = raw;
  return { ...(tier === undefined ? {} : { service_tier: tier }), ...(isObject(trace) ? { trace } : {}) };
}

export function fromConverse(body: unknown, request: ChatRequest, target: Target, model: NamedModel): ChatResponse {
  if (!isObject(body)) throw new InvalidResponse(`${TITLE} answered with a body that is not a JSON object.`);
  const message = isObject(body['output']) ? body['output']['message'] : undefined;
  if (!isObject(message) || !Array.isArray(message['content']))
    throw new InvalidResponse(`${TITLE} answered without a message.`);
  const context = {
    names: toolNamesOf(request),
    output: structuredOutputOf(request, target, abilitiesOf(model.name)),
  };
  const parts: Parts = { texts: [], thinking: [], tools: [], citations: [], others: [] };
  for (const block of message['content'] as unknown[]) addBlock(parts, block, context);
  const usage = toUsage(body['usage']);
  return {
    id: target.id,
    object: 'chat.completion',
    created: target.created,
    model: target.model,
    choices: [
      {
        index: 0,
        message: toMessage(parts, stopDetails(body)),
        finish_reason: finishReasonOf(body['stopReason'], parts.tools.length > 0),
      },
    ],
    ...(usage === undefined ? {} : { usage }),
    ...extrasOf(body),
  };
}
