/** The answer to one call, read whole or as a stream, in our own language. */
import { createAggregate } from '../providers/protocol/aggregate.ts';
import type { ChatChunk, ChatRequest, ChatResponse } from '../providers/protocol/chat.ts';
import type { Failure } from '../providers/protocol/errors.ts';
import { parseJson } from '../providers/protocol/json.ts';
import {
  InvalidResponse,
  type ChatTranslation,
  type Decoder,
  type DecoderStep,
  type Target,
  type WireEvent,
} from '../providers/provider.ts';
import { CallAborted, CallFailed, type HttpReply } from './http/client.ts';
import { EventTooLarge } from './http/frame-reader.ts';
import { createFrameReader } from './http/frames.ts';

export type Reading = {
  readonly chat: ChatTranslation;
  readonly request: ChatRequest;
  readonly target: Target;
  readonly onChunk: (chunk: ChatChunk) => void;
};

/** A whole answer, or a failure and what had arrived of it. */
export type Read =
  | { readonly response: ChatResponse; readonly failure?: undefined }
  | { readonly failure: Failure; readonly response?: ChatResponse };

export const EMPTY_STREAM: Failure = {
  code: 'provider_invalid_response',
  message: 'The provider sent an empty stream.',
  billed: 'maybe',
};

/** Errors: `InvalidResponse` when it is not JSON. */
export async function readJson(reply: HttpReply): Promise<unknown> {
  const body = parseJson(await reply.text());
  if (body === undefined)
    throw new InvalidResponse(`The provider answered ${reply.status} with something that is not JSON.`);
  return body;
}

/** Errors: `InvalidResponse`, `CallFailed`. */
export async function readWhole(reply: HttpReply, { chat, request, target }: Reading): Promise<Read> {
  const body = await readJson(reply);
  return { response: chat.fromResponse(body, request, target, reply.headers) };
}

export async function readStream(reply: HttpReply, { chat, request, target, onChunk }: Reading): Promise<Read> {
  const aggregate = createAggregate();
  const failure = await readEvents(reply, chat.framing, chat.decoder(request, target), ({ chunks }) => {
    for (const chunk of chunks) {
      aggregate.add(chunk);
      onChunk(chunk);
    }
  });
  const response = aggregate.response();
  if (failure !== undefined) return { failure, ...(response === undefined ? {} : { response }) };
  return response === undefined ? { failure: EMPTY_STREAM } : { response };
}

/** Until the answer is complete, the provider has failed, or the connection ends. Resolves with the failure, when there is one. */
export async function readEvents(
  reply: HttpReply,
  framing: ChatTranslation['framing'],
  first: Decoder,
  onStep: (step: DecoderStep, event: WireEvent) => void,
): Promise<Failure | undefined> {
  let decoder = first;
  let complete = false;
  let failure: Failure | undefined;
  const take = (event: WireEvent): void => {
    if (complete || failure !== undefined) return;
    const step = decoder(event);
    decoder = step.next;
    onStep(step, event);
    failure = step.failure;
    complete = step.complete ?? false;
  };
  const reader = createFrameReader(framing, take);
  try {
    await reply.read((bytes) => {
      reader.feed(bytes);
      // The provider has failed; what else it sends is not worth waiting for.
      if (failure !== undefined) throw new CallAborted(failure);
    });
    reader.end();
  } catch (error) {
    // Everything arrived; that the connection then broke changes nothing.
    if (!complete) failure ??= toFailure(error);
  }
  return failure;
}

const MAX_MESSAGE_LENGTH = 2_000;

/** What ended a call, in our table. */
export function toFailure(error: unknown): Failure {
  if (error instanceof CallFailed || error instanceof CallAborted) return error.failure;
  if (error instanceof InvalidResponse) {
    return (
      error.failure ?? {
        code: 'provider_invalid_response',
        message: error.message.slice(0, MAX_MESSAGE_LENGTH),
        billed: 'maybe',
      }
    );
  }
  if (error instanceof EventTooLarge)
    return { code: 'provider_invalid_response', message: error.message, billed: 'maybe' };
  const message = error instanceof Error ? error.message : 'The call failed.';
  return { code: 'internal_error', message: message.slice(0, MAX_MESSAGE_LENGTH), billed: 'maybe' };
}
