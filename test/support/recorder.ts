/** A provider that answers in any words: each test says how, and every call is kept as it came. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Recorded = {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Resolves when the connection of this call has closed; whether the answer was complete by then. */
  readonly closed: Promise<boolean>;
};

export type Answering = (response: ServerResponse, call: Recorded) => void | Promise<void>;

export type Recorder = {
  readonly url: string;
  readonly calls: readonly Recorded[];
  /** Every call from now on is answered so. */
  answer(how: Answering): void;
  stop(): Promise<void>;
};

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answering {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

export async function startRecorder(): Promise<Recorder> {
  const calls: Recorded[] = [];
  let how: Answering = json({});
  const server = createServer((request, response) => {
    const closed = new Promise<boolean>((resolve) => {
      response.once('close', () => {
        resolve(response.writableFinished);
      });
    });
    void readAll(request).then(async (body) => {
      const { method = '', url = '', headers } = request;
      const call = { method, url, headers, body, closed };
      calls.push(call);
      await how(response, call);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    answer: (next) => {
      calls.length = 0;
      how = next;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
