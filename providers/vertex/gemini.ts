/** Gemini on Vertex AI: the same wire at another address, with labels, tiers by header, and URLs that Google fetches itself. */
import { createGeminiChat, isYouTube } from '../gemini/chat.ts';
import { mediaTypeByName } from '../protocol/media-type.ts';
import type { GeminiHouse } from '../gemini/request.ts';
import { createNativeGeneration } from '../gemini/native.ts';
import type { Attachment, ChatTranslation, NativeTranslation, Target } from '../provider.ts';
import { familyOf } from './families.ts';
import { endpointUrl, modelUrl } from './address.ts';
import { TITLE } from './title.ts';

/** Google fetches https URLs, provided that it is told what they are. */
function mustInline({ url, format }: Attachment): boolean {
  if (isYouTube(url)) return false;
  return !url.startsWith('https://') || (format ?? mediaTypeByName(url)) === undefined;
}

function houseAt(url: (target: Target, method: string) => string): GeminiHouse {
  return {
    title: TITLE,
    url,
    labels: true,
    tier: (tier) => ({ headers: { 'x-vertex-ai-llm-shared-request-type': tier }, fields: {} }),
  };
}

function chatAt(url: (target: Target, method: string) => string): ChatTranslation {
  return createGeminiChat(houseAt(url), mustInline);
}

/** In Google's own dialect; the other makers' models do not speak it. */
export const nativeGeneration: NativeTranslation = {
  ...createNativeGeneration(
    houseAt((target, method) => {
      const family = familyOf(target.model);
      return family.kind === 'gemini-endpoint'
        ? endpointUrl(target, family.id, `:${method}`)
        : modelUrl(target, 'google', family.kind === 'gemini' ? family.model : target.model, method);
    }),
  ),
  serves: (model) => familyOf(model).kind.startsWith('gemini'),
};

export function geminiChat(model: string): ChatTranslation {
  return chatAt((target, method) => modelUrl(target, 'google', model, method));
}

export function tunedChat(id: string): ChatTranslation {
  return chatAt((target, method) => endpointUrl(target, id, `:${method}`));
}
