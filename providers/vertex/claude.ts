/** Claude on Vertex AI: Anthropic's body without the model, which the address names. */
import { createDecoder } from '../anthropic/decoder.ts';
import { toMessagesRequest } from '../anthropic/request.ts';
import { fromResponse } from '../anthropic/response.ts';
import { NO_JSON_SCHEMA } from '../anthropic/structured-output.ts';
import type { ChatRequest } from '../protocol/chat.ts';
import { orRefusal } from '../protocol/refused.ts';
import { extraHeaders } from '../protocol/settings.ts';
import type { ChatTranslation, Refusal, Target, WireRequest } from '../provider.ts';
import { modelUrl } from './address.ts';

const VERSION = 'vertex-2023-10-16';

/** Requests and answers must be read alike: without the JSON schemas that only Anthropic itself serves. */
function claudeTarget(target: Target, model: string): Target {
  return { ...target, model, settings: { ...target.settings, [NO_JSON_SCHEMA]: true } };
}

function toRequest(request: ChatRequest, target: Target, model: string): WireRequest | Refusal {
  const translated = toMessagesRequest(request, claudeTarget(target, model));
  if ('refused' in translated) return translated;
  const { body, streaming, dropped } = translated;
  // Files that were uploaded to Anthropic are not here.
  const betas = translated.betas.filter((beta) => !beta.startsWith('files-api-'));
  const { model: _model, ...rest } = body;
  return orRefusal(() => ({
    method: 'POST',
    url: modelUrl(target, 'anthropic', model, streaming ? 'streamRawPredict' : 'rawPredict'),
    headers: {
      'content-type': 'application/json',
      accept: streaming ? 'text/event-stream' : 'application/json',
      ...extraHeaders(target.settings),
      ...(betas.length === 0 ? {} : { 'anthropic-beta': betas.join(',') }),
    },
    body: JSON.stringify({ anthropic_version: VERSION, ...rest }),
    dropped,
  }));
}

export function claudeChat(model: string): ChatTranslation {
  return {
    toRequest: (request, target) => toRequest(request, target, model),
    fromResponse: (body, request, target) => fromResponse(body, request, claudeTarget(target, model)),
    framing: 'sse',
    decoder: (request, target) => createDecoder(request, claudeTarget(target, model)),
    // It takes images and documents as data only.
    inlineUrls: ({ kind }) => kind === 'image' || kind === 'file',
  };
}
