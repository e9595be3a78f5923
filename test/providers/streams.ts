/** Runs decoders over recorded or invented events, as the transport does. */
import { readFileSync } from 'node:fs';
import { createAggregate } from '../../providers/protocol/aggregate.ts';
import type { ChatChunk, ChatRequest, ChatResponse } from '../../providers/protocol/chat.ts';
import type { Failure } from '../../providers/protocol/errors.ts';
import type { Decoder, Target, WireEvent, WireRequest, Refusal } from '../../providers/provider.ts';

export function targetOf(
  model: string,
  settings: Record<string, unknown> = {},
  baseUrl = 'https://upstream.test/v1',
): Target {
  return { model, baseUrl, settings, id: 'chatcmpl-gateway', created: 1_700_000_000 };
}

export function ask(fields: Partial<ChatRequest> = {}): ChatRequest {
  return { model: 'm', messages: [{ role: 'user', content: 'hi' }], ...fields };
}

export function event(data: unknown, name = 'message'): WireEvent {
  return { kind: 'event', name, data: typeof data === 'string' ? data : JSON.stringify(data) };
}

export function fixture(path: string): string {
  return readFileSync(new URL(`../fixtures/${path}`, import.meta.url), 'utf8');
}

export function linesOf(path: string): string[] {
  return fixture(path).trim().split('\n');
}

export type Decoded = { chunks: ChatChunk[]; failure?: Failure; complete: boolean; response?: ChatResponse };

/** Feeds the events and then the end, stopping where the transport stops. */
export function decode(decoder: Decoder, events: readonly WireEvent[]): Decoded {
  const aggregate = createAggregate();
  const decoded: Decoded = { chunks: [], complete: false };
  let next = decoder;
  for (const one of [...events, { kind: 'end' } as const]) {
    const step = next(one);
    for (const chunk of step.chunks) {
      decoded.chunks.push(chunk);
      aggregate.add(chunk);
    }
    next = step.next;
    if (step.complete === true) decoded.complete = true;
    if (step.failure !== undefined) decoded.failure = step.failure;
    if (decoded.complete || decoded.failure !== undefined) break;
  }
  const response = aggregate.response();
  return { ...decoded, ...(response === undefined ? {} : { response }) };
}

/** The body that would be sent; fails the test when the request was refused. */
export function sent(wire: WireRequest | Refusal): { body: Record<string, unknown>; wire: WireRequest } {
  if ('refused' in wire) throw new Error(`refused: ${wire.refused.message}`);
  if (typeof wire.body !== 'string') throw new Error('a body of bytes');
  return { body: JSON.parse(wire.body) as Record<string, unknown>, wire };
}

export function refusal(wire: WireRequest | Refusal): Failure {
  if ('refused' in wire) return wire.refused;
  throw new Error('not refused');
}

/** A provider's chat translation; fails the test when it has none. */
export function chatOf<T>(provider: { readonly chat?: T } | undefined): T {
  if (provider?.chat === undefined) throw new Error('no chat');
  return provider.chat;
}
