/** The chat translation of generateContent, for whichever house of Google's serves it. */
import type { ChatTranslation } from '../provider.ts';
import { createDecoder } from './decoder.ts';
import { createToRequest, type GeminiHouse } from './request.ts';
import { createFromResponse } from './response.ts';

export function createGeminiChat(
  house: GeminiHouse,
  inlineUrls: NonNullable<ChatTranslation['inlineUrls']>,
): ChatTranslation {
  return {
    toRequest: createToRequest(house),
    fromResponse: createFromResponse(house.title),
    framing: 'sse',
    decoder: createDecoder(house.title),
    inlineUrls,
    readsSignedIds: true,
  };
}

/** YouTube videos are Google's own: they are named, never fetched. */
export function isYouTube(url: string): boolean {
  return /^https:\/\/(www\.|m\.)?(youtube\.com|youtu\.be)\//i.test(url);
}
