/** Bytes on a socket, for what no HTTP client would send. */
import { connect } from 'node:net';

export type RawAnswer = { readonly status: number; readonly headers: Record<string, string>; readonly body: string };

/** Sends the bytes and collects what comes until the other side closes. */
export function sendRaw(port: number, ...parts: readonly (string | Uint8Array)[]): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const received: Buffer[] = [];
    socket.on('data', (part) => received.push(part));
    // A refused sender may be reset while it still writes; what counts is what came before.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      const text = Buffer.concat(received).toString();
      if (text === '') reject(new Error('the connection was closed without an answer'));
      else resolve(parseAnswer(text));
    });
    for (const part of parts) socket.write(part);
  });
}

function parseAnswer(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { status: Number(first.split(' ')[1]), headers, body: rest.join('\r\n\r\n') };
}
