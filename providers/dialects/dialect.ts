/** How callers of the chat-like endpoints speak: pure functions between their words and the chat protocol. */
import type { ChatChunk, ChatRequest, ChatResponse } from '../protocol/chat.ts';
import type { Failure } from '../protocol/errors.ts';
import type { JsonObject } from '../protocol/json.ts';

/** A body as the caller sent it, checked at the edge, extras of the gateway removed. This is what the ledger keeps. */
export type Body = Readonly<Record<string, unknown>>;

export type EncoderStep = {
  /** JSON texts for the caller, in order; where the dialect names its events, `type` is the first field. */
  readonly frames: readonly string[];
  readonly next: Encoder;
};

/**
 * A fold from chunks to the caller's frames. `'end'` is given once, when the answer is complete: the frames of that step say so to the
 * caller, and are sent only after the answer is committed.
 */
export type Encoder = (chunk: ChatChunk | 'end') => EncoderStep;

export type Dialect = {
  /** Never fails: the edge has refused what cannot be translated. The same body gives the same request, on every attempt. */
  readonly toChat: (body: Body) => ChatRequest;
  /** What the body asks for that no chat can do, though a provider that speaks this dialect itself may. Checked before `toChat`. */
  readonly objection?: (body: Body) => Failure | undefined;
  /** The whole answer in the caller's words. `id` is the gateway's id of the request. */
  readonly fromResponse: (response: ChatResponse, body: Body, id: string) => Readonly<Record<string, unknown>>;
  readonly encoder: (body: Body, id: string) => Encoder;
  /** The frames of an answer that is kept whole only, the ones that say "complete" included. The same answer gives the same frames. */
  readonly replay: (answer: JsonObject, body: Body) => readonly string[];
};
