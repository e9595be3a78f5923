/** A call whose caller speaks the provider's own dialect: body and answer pass as they are, and are read only to account for them. */
import { createAggregate } from '../providers/protocol/aggregate.ts';
import type { ChatResponse } from '../providers/protocol/chat.ts';
import type { NativeTranslation, Provider, Target } from '../providers/provider.ts';
import type { Call, CallResult } from './call.ts';
import { meter, type Metered } from './call-metered.ts';
import { readError, send, targetOf } from './call-wire.ts';
import type { HttpClient, HttpReply } from './http/client.ts';
import { EMPTY_STREAM, readEvents, readJson } from './read-answer.ts';
import { isGood } from './receipt.ts';

export type Native = { readonly provider: Provider; readonly native: NativeTranslation };

/** Errors: as those of the transport and of the translation. */
export async function performNative(
  http: HttpClient,
  call: Call,
  signal: AbortSignal,
  { provider, native }: Native,
): Promise<CallResult> {
  const { deployment } = call;
  const target = await targetOf(provider, call, signal);
  const wire = native.toRequest({ ...call.body, model: deployment.model }, target, deployment.defaults);
  if ('refused' in wire) return { kind: 'failed', failure: wire.refused };
  const reply = await send(http, call, signal, provider, wire);
  if (!isGood(reply)) return { kind: 'failed', failure: await readError(provider, reply) };
  return call.streaming ? readStream(reply, call, native, target) : readWhole(reply, call, native, target);
}

async function readWhole(reply: HttpReply, call: Call, native: NativeTranslation, target: Target): Promise<CallResult> {
  const body = await readJson(reply);
  const metered = meter(native.meter(body, target));
  return {
    kind: 'answered',
    answer: { json: JSON.stringify(native.fromResponse(body, call.shownModel)), ...metered },
  };
}

async function readStream(
  reply: HttpReply,
  call: Call,
  native: NativeTranslation,
  target: Target,
): Promise<CallResult> {
  const aggregate = createAggregate();
  const stream = native.stream(call.shownModel, call.body);
  let last: readonly string[] = [];
  const failure = await readEvents(reply, native.framing, native.decoder(target), (step, event) => {
    for (const chunk of step.chunks) aggregate.add(chunk);
    if (step.failure !== undefined || event.kind === 'end') return;
    const frames = stream.pass(event);
    if (step.complete === true) last = frames;
    else if (frames.length > 0) call.onFrames?.(frames);
  });
  const response = aggregate.response();
  if (failure !== undefined) return { kind: 'failed', failure, ...meteredSoFar(response) };
  if (response === undefined) return { kind: 'failed', failure: EMPTY_STREAM };
  const held = stream.rest?.() ?? [];
  const json = JSON.stringify(stream.answer());
  return { kind: 'answered', answer: { json, last: [...last, ...held], ...meter(response) } };
}

function meteredSoFar(response: ChatResponse | undefined): { readonly metered?: Metered } {
  return response === undefined ? {} : { metered: meter(response) };
}
