/** Gemini on Vertex AI: the same wire at another address, with labels, tiers by header, and URLs that Google fetches itself. */
import { createGeminiChat, isYouTube } from '../gemini/chat.ts';
import { mediaTypeByName } from '../protocol/media-type.ts';
import type { Attachment, ChatTranslation, Target } from '../provider.ts';
import { endpointUrl, modelUrl } from './address.ts';
import { TITLE } from './title.ts';

/** Google fetches https URLs, provided that it is told what they are. */
function mustInline({ url, format }: Attachment): boolean {
  if (isYouTube(url)) return false;
  return !url.startsWith('https://') || (format ?? mediaTypeByName(url)) === undefined;
}

function chatAt(url: (target: Target, method: string) => string): ChatTranslation {
  return createGeminiChat(
    {
      title: TITLE,
      url,
      labels: true,
      tier: (tier) => ({ headers: { 'x-vertex-ai-llm-shared-request-type': tier }, fields: {} }),
    },
    mustInline,
  );
}

export function geminiChat(model: string): ChatTranslation {
  return chatAt((target, method) => modelUrl(target, 'google', model, method));
}

export function tunedChat(id: string): ChatTranslation {
  return chatAt((target, method) => endpointUrl(target, id, `:${method}`));
}
