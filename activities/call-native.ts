/** A call whose caller speaks the provider's own dialect: body and answer pass as they are, and are read only to account for them. */
import { createAggregate } from '../providers/protocol/aggregate.ts';
import type { ChatResponse } from '../providers/protocol/chat.ts';
import { textCharsOf } from '../providers/protocol/chars.ts';
import type { Failure } from '../providers/protocol/errors.ts';
import type { NativeTranslation, Provider, Target } from '../providers/provider.ts';
import type { Call, CallResult } from './call.ts';
import { meter, type Metered } from './call-metered.ts';
import { readError, send, targetOf } from './call-wire.ts';
import type { HttpClient, HttpReply } from './http/client.ts';
import { EMPTY_STREAM, readEvents, readJson } from './read-answer.ts';
import { isGood } from './receipt.ts';

export type Native = { readonly provider: Provider; readonly native: NativeTranslation };

/** The server has nothing at that path: nothing was answered, and it is to be asked in another way. */
export const MISSING = Symbol('missing');

/** How long a server is not asked again. One that is brought up to date gets its chance. */
const REMEMBER_MS = 10 * 60_000;

const missing = new WeakMap<HttpClient, Map<string, number>>();

function isKnownMissing(http: HttpClient, kind: string, baseUrl: string): boolean {
  return (missing.get(http)?.get(`${kind} ${baseUrl}`) ?? 0) > performance.now();
}

function noteMissing(http: HttpClient, kind: string, baseUrl: string): void {
  const known = missing.get(http) ?? new Map<string, number>();
  missing.set(http, known.set(`${kind} ${baseUrl}`, performance.now() + REMEMBER_MS));
}

/** That there is no such model is another 404, and says so. */
function isMissing({ status }: HttpReply, { providerCode }: Failure): boolean {
  return (status === 404 && providerCode !== 'model_not_found') || status === 405 || status === 501;
}

/** Errors: as those of the transport and of the translation. {@link MISSING}: nothing was asked. */
export async function performNative(
  http: HttpClient,
  call: Call,
  signal: AbortSignal,
  { provider, native }: Native,
): Promise<CallResult | typeof MISSING> {
  const { deployment } = call;
  const target = await targetOf(provider, call, signal);
  const doubtful = native.mayBeMissing?.(target) === true;
  if (doubtful && isKnownMissing(http, call.kind, target.baseUrl)) return MISSING;
  const wire = native.toRequest({ ...call.body, model: deployment.model }, target, deployment.defaults);
  if ('refused' in wire) return doubtful ? MISSING : { kind: 'failed', failure: wire.refused };
  const reply = await send(http, call, signal, provider, wire);
  if (!isGood(reply)) {
    const failure = await readError(provider, reply);
    if (!doubtful || !isMissing(reply, failure)) return { kind: 'failed', failure };
    noteMissing(http, call.kind, target.baseUrl);
    return MISSING;
  }
  return call.streaming ? readStream(reply, call, native, target) : readWhole(reply, call, native, target);
}

async function readWhole(reply: HttpReply, call: Call, native: NativeTranslation, target: Target): Promise<CallResult> {
  const body = await readJson(reply);
  const metered = meter(native.meter(body, target));
  return {
    kind: 'answered',
    answer: { json: JSON.stringify(native.fromResponse(body, call.shownModel, call)), ...metered },
  };
}

async function readStream(
  reply: HttpReply,
  call: Call,
  native: NativeTranslation,
  target: Target,
): Promise<CallResult> {
  const aggregate = createAggregate();
  const stream = native.stream(call.shownModel, call.body, call.id);
  let last: readonly string[] = [];
  const failure = await readEvents(reply, native.framing, native.decoder(target), (step, event) => {
    for (const chunk of step.chunks) aggregate.add(chunk);
    if (step.failure !== undefined || event.kind === 'end') return;
    const frames = stream.pass(event);
    if (step.complete === true) last = frames;
    else if (frames.length > 0) {
      call.onFrames?.(
        frames,
        step.chunks.reduce((sum, chunk) => sum + textCharsOf(chunk), 0),
      );
    }
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
