/** Counts an answer while its bytes pass. What cannot be read is not counted; it passes all the same. */
import type { Reading } from '../providers/pass-through/reading.ts';
import { createAggregate } from '../providers/protocol/aggregate.ts';
import { listOf, parseJson } from '../providers/protocol/json.ts';
import type { Decoder, Target, WireEvent } from '../providers/provider.ts';
import { meter as meterOf, type Metered } from './call-metered.ts';
import type { HttpReply } from './http/client.ts';
import type { FrameReader } from './http/frame-reader.ts';
import { createFrameReader } from './http/frames.ts';
import { isGood } from './receipt.ts';

export type PassedMeter = {
  feed(bytes: Uint8Array): void;
  /** Whether the provider has said that its answer is complete. */
  isComplete(): boolean;
  /** What was counted, once nothing more comes. */
  end(): Metered;
};

export type Metering = { readonly reading?: Reading; readonly target: Target; readonly streaming: boolean };

const NOTHING: PassedMeter = { feed: () => undefined, isComplete: () => false, end: () => ({}) };

const FRAMED = /^(text\/event-stream|application\/(vnd\.amazon\.eventstream|x-ndjson|stream\+json))/;

export function createPassedMeter(reply: HttpReply, { reading, target, streaming }: Metering): PassedMeter {
  if (reading === undefined || !isGood(reply)) return NOTHING;
  const encoding = reply.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return NOTHING;
  if (FRAMED.test(reply.headers['content-type'] ?? '')) return streamMeter(reading, target);
  return wholeMeter(reply, reading, target, streaming);
}

/** A fold of the events of a stream. */
function createFold(reading: Reading, target: Target) {
  const aggregate = createAggregate();
  let decoder: Decoder | undefined = reading.decoder(target);
  let complete = false;
  return {
    take: (event: WireEvent): void => {
      if (decoder === undefined || complete) return;
      const step = decoder(event);
      decoder = step.next;
      for (const chunk of step.chunks) aggregate.add(chunk);
      complete = step.complete ?? false;
      if (step.failure !== undefined) decoder = undefined;
    },
    isComplete: () => complete,
    metered: (): Metered => {
      const response = aggregate.response();
      return response === undefined ? {} : meterOf(response);
    },
  };
}

function streamMeter(reading: Reading, target: Target): PassedMeter {
  const fold = createFold(reading, target);
  let reader: FrameReader | undefined = createFrameReader(reading.framing, fold.take);
  const tried = (work: (reader: FrameReader) => void): void => {
    if (reader === undefined) return;
    try {
      work(reader);
    } catch {
      reader = undefined;
    }
  };
  return {
    feed: (bytes) => tried((one) => one.feed(bytes)),
    isComplete: fold.isComplete,
    end: () => {
      tried((one) => one.end());
      reader = undefined;
      return fold.metered();
    },
  };
}

function wholeMeter(reply: HttpReply, reading: Reading, target: Target, streaming: boolean): PassedMeter {
  const packets: Uint8Array[] = [];
  return {
    feed: (bytes) => packets.push(bytes),
    isComplete: () => false,
    end: () => {
      try {
        const body = parseJson(Buffer.concat(packets).toString('utf8'));
        // Google's stream without event framing: a list of what would be the events.
        return streaming && Array.isArray(body)
          ? ofList(body, reading, target)
          : reading.whole(body, target, reply.headers);
      } catch {
        return {};
      }
    },
  };
}

function ofList(body: unknown, reading: Reading, target: Target): Metered {
  const fold = createFold(reading, target);
  for (const item of listOf(body)) fold.take({ kind: 'event', name: '', data: JSON.stringify(item) });
  fold.take({ kind: 'end' });
  return fold.metered();
}
