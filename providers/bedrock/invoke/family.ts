/** What a family of models has of its own behind `invoke`, which hands bodies to the model as they are. */
import type { ChatRequest, ChatResponse } from '../../protocol/chat.ts';
import type { Decoder, Refusal, Target } from '../../provider.ts';
import type { NamedModel } from '../model.ts';

export type InvokeBody = { readonly json: string; readonly dropped: readonly string[] };

export type InvokeFamily = {
  /** Throws `Refused` for content that the model cannot take. */
  readonly toBody: (request: ChatRequest, target: Target, model: NamedModel) => InvokeBody | Refusal;
  readonly fromResponse: (body: unknown, request: ChatRequest, target: Target, model: NamedModel) => ChatResponse;
  /** For the family's own events, taken out of Amazon's. */
  readonly decoder: (request: ChatRequest, target: Target, model: NamedModel) => Decoder;
};
