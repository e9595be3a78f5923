/** Bytes of a provider's stream become events: framing only, no meaning. */
import { createParser } from 'eventsource-parser';
import type { ChatTranslation, WireEvent } from '../../providers/provider.ts';
import { eventStreamReader } from './eventstream.ts';
import { EventTooLarge, MAX_EVENT_BYTES, type FrameReader } from './frame-reader.ts';

/** Errors from `feed` and `end`: {@link EventTooLarge}, and `InvalidResponse` for a damaged AWS event stream. */
export function createFrameReader(
  framing: ChatTranslation['framing'],
  onEvent: (event: WireEvent) => void,
): FrameReader {
  switch (framing) {
    case 'sse':
      return sseReader(onEvent);
    case 'json-lines':
      return lineReader(onEvent);
    case 'aws-eventstream':
      return eventStreamReader(onEvent);
    default:
      return framing satisfies never;
  }
}

function sseReader(onEvent: (event: WireEvent) => void): FrameReader {
  // Streaming decoder: a character may be cut anywhere between two packets. A byte order mark at the start is dropped.
  const decoder = new TextDecoder('utf-8');
  let sinceEvent = 0;
  const parser = createParser({
    onEvent: (event) => {
      sinceEvent = 0;
      onEvent({ kind: 'event', name: event.event ?? '', data: event.data });
    },
    onComment: () => {
      sinceEvent = 0;
    },
  });
  return {
    feed: (bytes) => {
      sinceEvent += bytes.byteLength;
      if (sinceEvent > MAX_EVENT_BYTES + bytes.byteLength)
        throw new EventTooLarge(`An event is longer than ${MAX_EVENT_BYTES} bytes.`);
      parser.feed(decoder.decode(bytes, { stream: true }));
    },
    end: () => {
      // Some servers close without the blank line that ends the last event.
      parser.feed(`${decoder.decode()}\n\n`);
      onEvent({ kind: 'end' });
    },
  };
}

function lineReader(onEvent: (event: WireEvent) => void): FrameReader {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  const take = (text: string): void => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_EVENT_BYTES) throw new EventTooLarge(`A line is longer than ${MAX_EVENT_BYTES} bytes.`);
    for (const line of lines) if (line.trim() !== '') onEvent({ kind: 'event', name: '', data: line.trim() });
  };
  return {
    feed: (bytes) => {
      take(decoder.decode(bytes, { stream: true }));
    },
    end: () => {
      take(`${decoder.decode()}\n`);
      onEvent({ kind: 'end' });
    },
  };
}
