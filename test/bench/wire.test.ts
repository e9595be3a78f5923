/** The bench's own HTTP reader must see whole messages however the network cuts them, or figures would be of its own making. */
import { describe, expect, it } from '@jest/globals';
import { headerValue, MessageReader } from './wire.ts';

type Message = { readonly head: string; readonly body: string };

const readAll = (parts: readonly Buffer[]): readonly Message[] => {
  const messages: Message[] = [];
  let head = '';
  let body = '';
  const reader = new MessageReader({
    onHead: (text) => {
      head = text;
      body = '';
    },
    onBody: (part) => void (body += part.toString()),
    onEnd: () => void messages.push({ head, body }),
  });
  for (const part of parts) reader.feed(part);
  return messages;
};

const BYTES = Buffer.from(
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello' +
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n' +
    'HTTP/1.1 204 No Content\r\nX-Empty: \r\n\r\n',
);

describe('the HTTP message reader', () => {
  it('reads messages of known length, chunked ones and empty ones from one piece', () => {
    expect(readAll([BYTES]).map(({ body }) => body)).toEqual(['hello', 'abc0123456789', '']);
  });

  it('reads the same messages wherever the bytes are cut in two', () => {
    const whole = readAll([BYTES]);
    for (let at = 1; at < BYTES.length; at += 1) {
      expect(readAll([BYTES.subarray(0, at), BYTES.subarray(at)])).toEqual(whole);
    }
  });

  it('reads the same messages byte by byte', () => {
    expect(readAll(Array.from(BYTES, (byte) => Buffer.from([byte])))).toEqual(readAll([BYTES]));
  });

  it('refuses a chunk without a size instead of waiting for it for ever', () => {
    const bytes = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a size\r\n');
    expect(() => readAll([bytes])).toThrow('not a chunk size');
  });

  it('finds a header in any case', () => {
    expect(headerValue('HTTP/1.1 200 OK\r\nCONTENT-TYPE: Text/Plain', 'content-type')).toBe('text/plain');
  });
});
