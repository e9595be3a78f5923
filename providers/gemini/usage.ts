/** Google counts thinking beside the answer; OpenAI counts it inside. */
import { tokenCount } from '../protocol/count.ts';
import { isObject, listOf, type JsonObject } from '../protocol/json.ts';
import type { Usage } from '../protocol/usage.ts';

const COUNTS = [
  'promptTokenCount',
  'candidatesTokenCount',
  'thoughtsTokenCount',
  'toolUsePromptTokenCount',
  'cachedContentTokenCount',
  'totalTokenCount',
] as const;

/** Google leaves a count out when it is zero. */
function countAt(raw: JsonObject, field: (typeof COUNTS)[number]): number {
  return tokenCount(raw[field]) ?? 0;
}

const DETAIL_OF: ReadonlyMap<unknown, string> = new Map([
  ['TEXT', 'text_tokens'],
  ['IMAGE', 'image_tokens'],
  ['AUDIO', 'audio_tokens'],
  ['VIDEO', 'video_tokens'],
  ['DOCUMENT', 'document_tokens'],
]);

/** `[{modality, tokenCount}]` */
function modalities(...lists: readonly unknown[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const entry of lists.flatMap(listOf)) {
    const count = isObject(entry) ? tokenCount(entry['tokenCount']) : undefined;
    const name = isObject(entry) ? DETAIL_OF.get(entry['modality']) : undefined;
    if (name !== undefined && count !== undefined) counts[name] = (counts[name] ?? 0) + count;
  }
  return counts;
}

const TIERS: ReadonlyMap<unknown, string> = new Map([
  ['ON_DEMAND_PRIORITY', 'priority'],
  ['ON_DEMAND_FLEX', 'flex'],
]);

/** The tier that was served, where it has a price of its own. */
export function serviceTierOf(raw: unknown): string | undefined {
  if (!isObject(raw)) return undefined;
  const tier = raw['serviceTier'];
  if (typeof tier === 'string') return tier.toLowerCase().replace(/^service_tier_/, '');
  return TIERS.get(raw['trafficType']);
}

/** The counts, or nothing when they are missing, negative or absurd. `searches` are Google searches that are charged. */
export function toUsage(raw: unknown, searches = 0): Usage | undefined {
  if (!isObject(raw) || tokenCount(raw['promptTokenCount']) === undefined) return undefined;
  for (const field of COUNTS) {
    const value = raw[field];
    if (value !== undefined && value !== null && tokenCount(value) === undefined) return undefined;
  }
  const prompt = countAt(raw, 'promptTokenCount') + countAt(raw, 'toolUsePromptTokenCount');
  const candidates = countAt(raw, 'candidatesTokenCount');
  const thoughts = countAt(raw, 'thoughtsTokenCount');
  const total = countAt(raw, 'totalTokenCount');
  // Some models count their thoughts among the candidates; the total tells which.
  const inside = thoughts > 0 && thoughts <= candidates && total === prompt + candidates;
  const completion = inside ? candidates : candidates + thoughts;
  const input = modalities(raw['promptTokensDetails'], raw['toolUsePromptTokensDetails']);
  const output = {
    ...modalities(raw['candidatesTokensDetails']),
    ...(thoughts === 0 ? {} : { reasoning_tokens: thoughts }),
  };
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { ...input, cached_tokens: countAt(raw, 'cachedContentTokenCount') },
    ...(Object.keys(output).length === 0 ? {} : { completion_tokens_details: output }),
    ...(searches === 0 ? {} : { server_tool_use: { web_search_requests: searches } }),
    ...(typeof raw['trafficType'] === 'string' ? { traffic_type: raw['trafficType'] } : {}),
  };
}
