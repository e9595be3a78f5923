/** Amazon's binary event stream: length-prefixed messages with two checksums each. A message that fails a checksum is never shown to anybody. */
import { EventStreamCodec } from '@smithy/eventstream-codec';
import { InvalidResponse, type WireEvent } from '../../providers/provider.ts';
import { EventTooLarge, MAX_EVENT_BYTES, type FrameReader } from './frame-reader.ts';

/** Total length, length of the headers, and the checksum of these two. */
const PRELUDE_BYTES = 12;
/** A prelude and the message's own checksum, with nothing between. */
const LEAST_BYTES = 16;

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes)),
  (text) => new TextEncoder().encode(text),
);

function corrupt(cause?: unknown): InvalidResponse {
  const error = new InvalidResponse("The provider's stream is damaged: a message fails its checksum or its length.");
  if (cause !== undefined) error.cause = cause;
  return error;
}

type Message = ReturnType<EventStreamCodec['decode']>;

function headerOf({ headers }: Message, name: string): string {
  const header = headers[name];
  return header?.type === 'string' ? header.value : '';
}

/** Errors: {@link EventTooLarge}, and {@link InvalidResponse} for damaged bytes; nothing may be fed afterwards. */
export function eventStreamReader(onEvent: (event: WireEvent) => void): FrameReader {
  // Bytes that have arrived of a message that is not complete, and how many it needs before it can be looked at again.
  let packets: Uint8Array[] = [];
  let held = 0;
  let needed = PRELUDE_BYTES;
  // Some services cut text anywhere, also inside a character: SageMaker's parts are what the container happened to write.
  const text = new TextDecoder('utf-8');

  const deliver = (bytes: Uint8Array): void => {
    let message: Message;
    try {
      message = codec.decode(bytes);
    } catch (error) {
      throw corrupt(error);
    }
    switch (headerOf(message, ':message-type')) {
      case 'event':
        onEvent({
          kind: 'event',
          name: headerOf(message, ':event-type'),
          data: text.decode(message.body, { stream: true }),
        });
        return;
      case 'exception':
        onEvent({
          kind: 'event',
          name: headerOf(message, ':exception-type') || 'exception',
          data: new TextDecoder().decode(message.body),
        });
        return;
      case 'error':
        onEvent({
          kind: 'event',
          name: headerOf(message, ':error-code') || 'exception',
          data: JSON.stringify({ message: headerOf(message, ':error-message') }),
        });
        return;
      default:
        throw corrupt();
    }
  };

  /** Takes whole messages from the front; gives back the rest. */
  const takeFrom = (bytes: Uint8Array): Uint8Array => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    for (;;) {
      needed = PRELUDE_BYTES;
      if (bytes.byteLength - at < PRELUDE_BYTES) break;
      const length = view.getUint32(at);
      if (length < LEAST_BYTES) throw corrupt();
      // Checked before the bytes are waited for: a damaged length must not make us hold gigabytes.
      if (length > MAX_EVENT_BYTES) throw new EventTooLarge(`An event is longer than ${MAX_EVENT_BYTES} bytes.`);
      needed = length;
      if (bytes.byteLength - at < length) break;
      deliver(bytes.subarray(at, at + length));
      at += length;
    }
    return bytes.subarray(at);
  };

  return {
    feed: (bytes) => {
      packets.push(bytes);
      held += bytes.byteLength;
      if (held < needed) return;
      const rest = takeFrom(packets.length === 1 ? bytes : Buffer.concat(packets));
      // A copy: the rest of a packet would keep the whole packet in memory.
      packets = rest.byteLength === 0 ? [] : [rest.slice()];
      held = rest.byteLength;
    },
    end: () => {
      if (held > 0) throw new InvalidResponse('The provider closed the connection in the middle of a message.');
      onEvent({ kind: 'end' });
    },
  };
}
