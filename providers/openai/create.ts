/** A dialect of OpenAI's wire as a provider. */
import type { ChatTranslation, PlainOperation, PlainTranslation, Provider } from '../provider.ts';
import { createCompletion, type Completions } from './completion.ts';
import { createDecoder } from './decoder.ts';
import type { Dialect } from './dialect.ts';
import { fromOpenAiError } from './error.ts';
import { plainOperations } from './plain.ts';
import { createToRequest } from './request.ts';
import { fromChatResponse } from './response.ts';

export type OpenAiWire = Dialect &
  Omit<Provider, 'id' | 'title' | 'chat' | 'fromError'> & {
    /** What it offers besides chat by a wire of its own. */
    readonly own?: { readonly [operation in PlainOperation]?: PlainTranslation };
    /** Text completions of the provider's own, and for which models. */
    readonly completions?: Completions;
  };

/** What a compatible provider must say; for the rest it counts as OpenAI. */
export type CompatibleRow = Pick<OpenAiWire, 'id' | 'title' | 'baseUrl' | 'keyVariables'> & Partial<OpenAiWire>;

export function createOpenAiProvider(wire: OpenAiWire): Provider & { readonly chat: ChatTranslation } {
  return {
    id: wire.id,
    title: wire.title,
    baseUrl: wire.baseUrl,
    keyVariables: wire.keyVariables,
    ...(wire.baseUrlVariables === undefined ? {} : { baseUrlVariables: wire.baseUrlVariables }),
    ...(wire.settingVariables === undefined ? {} : { settingVariables: wire.settingVariables }),
    auth: wire.auth,
    ...(wire.keyOptional === undefined ? {} : { keyOptional: wire.keyOptional }),
    chat: {
      toRequest: createToRequest(wire, wire.baseUrl),
      fromResponse: (body, request, target) => fromChatResponse(body, request, target, wire),
      framing: 'sse',
      decoder: (_request, target) => createDecoder(wire, target),
    },
    ...(wire.completions === undefined ? {} : { native: { completion: createCompletion(wire, wire.completions) } }),
    ...plainOperations(wire, wire.also ?? []),
    ...wire.own,
    fromError: fromOpenAiError(wire.title),
  };
}
