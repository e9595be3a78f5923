/** Parts, finish reasons and token counts in Google's words. */
import type { AssistantMessage, ChatDelta, FinishReason, ThinkingBlock } from '../protocol/chat.ts';
import { parseDataUri } from '../protocol/data-uri.ts';
import { isObject, listOf, parseJson, textOf, type JsonObject } from '../protocol/json.ts';
import type { Usage } from '../protocol/usage.ts';
import type { Body } from './dialect.ts';
import { inCamelCase } from './generation-spelling.ts';
import { sealThinking } from './response-items.ts';

const FINISH_REASONS: Readonly<Record<FinishReason, string>> = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  tool_calls: 'STOP',
  function_call: 'STOP',
  content_filter: 'SAFETY',
};

export function finishReason(finish: FinishReason | null): string {
  return FINISH_REASONS[finish ?? 'stop'];
}

/** Google shows what was thought only to those who ask. */
export function showsThoughts(body: Body): boolean {
  const config = inCamelCase(body)['generationConfig'];
  const thinking = isObject(config) ? config['thinkingConfig'] : undefined;
  return isObject(thinking) && thinking['includeThoughts'] === true;
}

/** Google counts thinking beside the answer; OpenAI counts it inside. */
export function usageMetadata(usage: Usage | null | undefined): JsonObject | undefined {
  if (!usage) return undefined;
  const thoughts = usage.completion_tokens_details?.reasoning_tokens ?? 0;
  const cached = usage.prompt_tokens_details?.cached_tokens ?? 0;
  return {
    promptTokenCount: usage.prompt_tokens,
    candidatesTokenCount: Math.max(0, usage.completion_tokens - thoughts),
    totalTokenCount: usage.prompt_tokens + usage.completion_tokens,
    ...(thoughts === 0 ? {} : { thoughtsTokenCount: thoughts }),
    ...(cached === 0 ? {} : { cachedContentTokenCount: cached }),
  };
}

export function callPart({ id, name, json }: { id: string; name: string; json: string }): JsonObject {
  const parsed = json.trim() === '' ? {} : parseJson(json);
  // A model may write broken JSON; the part takes an object, so the text is kept inside one.
  const args = isObject(parsed) ? parsed : { arguments: json };
  return { functionCall: { ...(id === '' ? {} : { id }), name, args } };
}

/** What a message or a delta shows beside its text. */
export function mediaParts(said: AssistantMessage | ChatDelta): JsonObject[] {
  return listOf(said['images']).flatMap((image) => {
    const url = isObject(image) && isObject(image['image_url']) ? textOf(image['image_url']['url']) : undefined;
    const data = url === undefined ? undefined : parseDataUri(url);
    return data === undefined ? [] : [{ inlineData: { mimeType: data.mediaType, data: data.data } }];
  });
}

/** Another provider's signed thoughts travel where Google's own signatures do, and are recognised when they come back. */
export function signed(parts: readonly JsonObject[], blocks: readonly ThinkingBlock[]): readonly JsonObject[] {
  if (blocks.length === 0) return parts;
  const at = Math.max(
    0,
    parts.findIndex((part) => 'functionCall' in part),
  );
  const thoughtSignature = sealThinking(blocks);
  if (parts.length === 0) return [{ text: '', thoughtSignature }];
  return parts.map((part, index) => (index === at ? { ...part, thoughtSignature } : part));
}

/** The gateway's id of a request as the id of its answer. */
export function responseId(id: string): string {
  return id.slice(id.indexOf('_') + 1);
}
