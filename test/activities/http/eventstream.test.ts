/** Amazon's binary event stream: whole messages or none, wherever the bytes are cut, whatever happens to them. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_EVENT_BYTES } from '../../../activities/http/frame-reader.ts';
import { createFrameReader } from '../../../activities/http/frames.ts';
import { InvalidResponse, type WireEvent } from '../../../providers/provider.ts';
import { eventMessage, exceptionMessage, message } from './amazon-frames.ts';

function read(packets: readonly Uint8Array[]): WireEvent[] {
  const events: WireEvent[] = [];
  const reader = createFrameReader('aws-eventstream', (event) => events.push(event));
  for (const packet of packets) reader.feed(packet);
  reader.end();
  return events;
}

/** What was delivered before the reader gave up, and why it did. */
function readUntilError(packets: readonly Uint8Array[]): { events: WireEvent[]; error: unknown } {
  const events: WireEvent[] = [];
  const reader = createFrameReader('aws-eventstream', (event) => events.push(event));
  try {
    for (const packet of packets) reader.feed(packet);
    reader.end();
    return { events, error: undefined };
  } catch (error) {
    return { events, error };
  }
}

const PAYLOADS = ['{"role":"assistant"}', '{"delta":{"text":"grüße 🙂"}}', '{}'];
const NAMES = ['messageStart', 'contentBlockDelta', 'messageStop'];
const BYTES = Buffer.concat(NAMES.map((name, index) => eventMessage(name, PAYLOADS[index] ?? '')));
const EVENTS: readonly WireEvent[] = [
  ...NAMES.map((name, index) => ({ kind: 'event' as const, name, data: PAYLOADS[index] ?? '' })),
  { kind: 'end' },
];

describe('a stream of messages', () => {
  it('is the same wherever it is cut into two', () => {
    for (let at = 0; at <= BYTES.length; at += 1)
      expect(read([BYTES.subarray(0, at), BYTES.subarray(at)])).toEqual(EVENTS);
  });

  it('is the same byte by byte and in packets of any size', () => {
    expect(read([...BYTES].map((byte) => Uint8Array.of(byte)))).toEqual(EVENTS);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 40 }), (sizes) => {
        const packets: Uint8Array[] = [];
        let at = 0;
        for (const size of sizes) packets.push(BYTES.subarray(at, (at += size)));
        expect(read([...packets, BYTES.subarray(at)])).toEqual(EVENTS);
      }),
    );
  });

  it('joins a character that two payloads share', () => {
    const text = Buffer.from('ü');
    const events = read([
      eventMessage('PayloadPart', text.subarray(0, 1)),
      eventMessage('PayloadPart', text.subarray(1)),
    ]);
    expect(events.map((event) => (event.kind === 'event' ? event.data : ''))).toEqual(['', 'ü', '']);
  });

  it('names exceptions and errors by their type', () => {
    const cut = eventMessage('PayloadPart', Buffer.from('ü').subarray(0, 1));
    const failed = message({ ':message-type': 'error', ':error-code': 'Broken', ':error-message': 'it "broke"' }, '');
    expect(read([cut, exceptionMessage('throttlingException', { message: 'slow down' }), failed]).slice(1)).toEqual([
      { kind: 'event', name: 'throttlingException', data: '{"message":"slow down"}' },
      { kind: 'event', name: 'Broken', data: '{"message":"it \\"broke\\""}' },
      { kind: 'end' },
    ]);
  });
});

describe('a damaged stream', () => {
  it('never shows what a flipped bit touched', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: BYTES.length * 8 - 1 }), (bit) => {
        const damaged = Buffer.from(BYTES);
        damaged.writeUInt8((damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7)), bit >> 3);
        const { events, error } = readUntilError([damaged]);
        expect(error).toBeInstanceOf(Error);
        expect(events).toEqual(EVENTS.slice(0, events.length));
        expect(events.length).toBeLessThan(NAMES.length);
      }),
      { numRuns: 500 },
    );
  });

  it('is an invalid answer, not text', () => {
    const damaged = Buffer.from(BYTES);
    damaged.writeUInt8((damaged.at(-6) ?? 0) ^ 1, damaged.length - 6);
    expect(readUntilError([damaged]).error).toBeInstanceOf(InvalidResponse);
    expect(readUntilError([message({ ':message-type': 'new' }, '')]).error).toBeInstanceOf(InvalidResponse);
    expect(readUntilError([Buffer.alloc(64)]).error).toBeInstanceOf(InvalidResponse);
  });

  it('that ends inside a message does not end as if it were complete', () => {
    for (const at of [BYTES.length - 1, 5]) {
      const { events, error } = readUntilError([BYTES.subarray(0, at)]);
      expect(error).toBeInstanceOf(InvalidResponse);
      expect(events).not.toContainEqual({ kind: 'end' });
    }
  });

  it('with a length beyond all reason is refused before it is waited for', () => {
    const prelude = Buffer.alloc(12);
    prelude.writeUInt32BE(MAX_EVENT_BYTES + 1);
    expect(readUntilError([prelude]).error).toMatchObject({ name: 'EventTooLarge' });
  });

  it('of any bytes fails as a stream, not as a program', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }), (packets) => {
        const { error } = readUntilError(packets);
        if (error !== undefined) expect(['InvalidResponse', 'EventTooLarge']).toContain((error as Error).name);
      }),
    );
  });
});

const recorded = process.env['HOLDFAST_FIXTURES'] ?? '';

if (recorded !== '' && existsSync(recorded)) {
  describe('recordings', () => {
    it.each([
      ['bedrock-converse/nova-converse-stream', 'messageStart'],
      ['bedrock-converse/claude-converse-stream-tool', 'messageStart'],
      ['bedrock-invoke/claude3-stream', 'chunk'],
    ])('%s is read to its end, in packets of a prime number of bytes', (name, first) => {
      const bytes = readFileSync(`${recorded}/${name}.eventstream`);
      const packets: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += 97) packets.push(bytes.subarray(at, at + 97));
      const events = read(packets);
      expect(events[0]).toMatchObject({ kind: 'event', name: first });
      for (const event of events) if (event.kind === 'event') expect(JSON.parse(event.data)).toBeInstanceOf(Object);
      expect(events.at(-1)).toEqual({ kind: 'end' });
    });
  });
}
