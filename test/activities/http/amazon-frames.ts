/** Writes messages of Amazon's event stream by hand, from the format's description. */
import { crc32 } from 'node:zlib';

function header(name: string, value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(value));
  return Buffer.concat([
    Buffer.from([Buffer.byteLength(name)]),
    Buffer.from(name),
    Buffer.from([7]),
    length,
    Buffer.from(value),
  ]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function message(headers: Readonly<Record<string, string>>, payload: Uint8Array | string): Buffer {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)));
  const body = Buffer.from(payload);
  const lengths = Buffer.concat([number(16 + head.length + body.length), number(head.length)]);
  const whole = Buffer.concat([lengths, number(crc32(lengths)), head, body]);
  return Buffer.concat([whole, number(crc32(whole))]);
}

export function eventMessage(name: string, payload: Uint8Array | string): Buffer {
  return message({ ':event-type': name, ':content-type': 'application/json', ':message-type': 'event' }, payload);
}

export function exceptionMessage(name: string, payload: object): Buffer {
  return message(
    { ':exception-type': name, ':content-type': 'application/json', ':message-type': 'exception' },
    JSON.stringify(payload),
  );
}
