/** A call that passes as it is: the provider's answer goes to the caller unchanged, whatever its status, and is read only to account for it. */
import { catalog } from '../providers/catalog.ts';
import { addressOf } from '../providers/pass-through/address.ts';
import { readingOf } from '../providers/pass-through/readings.ts';
import { endpointOf, type PassedEndpoint } from '../providers/dialects/passed-endpoints.ts';
import { answeredHeaders } from '../providers/dialects/passed-headers.ts';
import { readCall, type PassedCall } from '../providers/dialects/passed.ts';
import { orRefusal } from '../providers/protocol/refused.ts';
import { extraHeaders } from '../providers/protocol/settings.ts';
import type { Refusal, Target, WireRequest } from '../providers/provider.ts';
import type { Call, CallResult } from './call.ts';
import type { Metered } from './call-metered.ts';
import { targetOf, transmit } from './call-wire.ts';
import { customWire } from './custom-wire.ts';
import type { HttpClient, HttpReply } from './http/client.ts';
import { bytesOf, contentOf } from './passed-content.ts';
import { createPassedMeter, type PassedMeter } from './passed-meter.ts';
import { toFailure } from './read-answer.ts';
import { isGood } from './receipt.ts';
import { reach, reachSoon } from './telemetry/fault-points.ts';

/** Errors: as those of the transport. */
export async function performPassThrough(http: HttpClient, call: Call, signal: AbortSignal): Promise<CallResult> {
  const asked = readCall(call.body);
  const path = asked.rest.split('?', 1)[0] ?? '';
  const provider = catalog[call.deployment.provider];
  const target: Target = provider === undefined ? NO_TARGET : await targetOf(provider, call, signal);
  const wire = orRefusal(() =>
    provider === undefined ? customWire(call.deployment, asked) : toWire(asked, provider.id, target),
  );
  if ('refused' in wire) return { kind: 'failed', failure: wire.refused };
  const endpoint = endpointOf(asked.method, path);
  const auth = provider?.auth ?? { kind: 'none' };
  const reply = await transmit(http, call, signal, auth, wire, () => {
    reach('call.before_send');
    reachSoon('call.in_flight');
  });
  const { reading, model = call.deployment.model } =
    endpoint === undefined ? {} : readingOf(call.deployment.provider, endpoint);
  const meter = createPassedMeter(reply, {
    ...(reading === undefined ? {} : { reading }),
    target: { ...target, model },
    streaming: asked.stream,
  });
  return relay(reply, call, { asked, endpoint, meter });
}

/** Where the operator's own address is called, nothing of a provider is known. */
const NO_TARGET: Target = { model: '', baseUrl: '', settings: {}, id: '', created: 0 };

function toWire(asked: PassedCall, provider: string, target: Target): WireRequest | Refusal {
  return {
    method: asked.method,
    ...addressOf(provider, asked.rest, target),
    headers: { ...asked.headers, ...extraHeaders(target.settings) },
    body: bytesOf(asked),
    dropped: [],
  };
}

type Relay = { readonly asked: PassedCall; readonly endpoint: PassedEndpoint | undefined; readonly meter: PassedMeter };

async function relay(reply: HttpReply, call: Call, { asked, endpoint, meter }: Relay): Promise<CallResult> {
  const head = { status: reply.status, headers: answeredHeaders(reply.headers) };
  const streamed = asked.stream && isGood(reply);
  const packets: Uint8Array[] = [];
  const last: string[] = [];
  if (streamed) call.onFrames?.([JSON.stringify(head)]);
  try {
    await reply.read((bytes) => {
      packets.push(bytes);
      meter.feed(bytes);
      if (!streamed) return;
      const frame = JSON.stringify(contentOf(bytes));
      // What tells the caller "complete" waits until the answer is kept.
      if (meter.isComplete()) last.push(frame);
      else call.onFrames?.([frame]);
    });
  } catch (error) {
    if (!meter.isComplete()) return { kind: 'failed', failure: toFailure(error), ...meteredSoFar(meter.end()) };
  }
  const content = contentOf(Buffer.concat(packets));
  const answer = { ...head, ...content };
  const metered = meteredOf(reply, call, { asked, endpoint, meter });
  return {
    kind: 'answered',
    answer: {
      json: JSON.stringify(answer),
      ...(asked.stream ? { last: streamed ? last : [JSON.stringify(answer)] } : {}),
      ...metered,
    },
  };
}

/** A refusal costs nothing, and neither does asking what there is; what costs an unknown amount says so. */
function meteredOf(reply: HttpReply, call: Call, { asked, endpoint, meter }: Relay): Metered {
  const fixed = call.deployment.settings['cost_per_request'];
  const counted = meter.end();
  if (typeof fixed === 'number' && isGood(reply)) return { ...counted, costNano: BigInt(Math.round(fixed * 1e9)) };
  const free = !isGood(reply) || endpoint?.answers === 'free' || (endpoint === undefined && asked.method !== 'POST');
  return free ? { costNano: 0n } : counted;
}

function meteredSoFar(metered: Metered): { readonly metered?: Metered } {
  return metered.usage === undefined ? {} : { metered };
}
