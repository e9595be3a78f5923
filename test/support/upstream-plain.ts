/** A scripted provider of everything besides chat, over real sockets: records what it was sent and answers what it was told. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export type PlainCall = {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** Undefined where the body is not JSON. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
};

export type PlainScript = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body: object | string | Uint8Array;
};

export type PlainUpstream = {
  readonly url: string;
  readonly calls: readonly PlainCall[];
  /** Each call takes one, in order; a call without one is answered with 500. */
  next(...scripts: readonly PlainScript[]): void;
  reset(): void;
  stop(): Promise<void>;
};

export async function startPlainUpstream(): Promise<PlainUpstream> {
  const calls: PlainCall[] = [];
  const queue: PlainScript[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const bytes = Buffer.concat(parts);
      calls.push({ path: request.url ?? '', headers: request.headers, bytes, json: parse(bytes) });
      const script: PlainScript = queue.shift() ?? {
        status: 500,
        body: { error: { message: 'nothing was scripted' } },
      };
      const raw = typeof script.body === 'string' || script.body instanceof Uint8Array;
      response.writeHead(script.status ?? 200, {
        'content-type': raw ? 'application/octet-stream' : 'application/json',
        ...script.headers,
      });
      response.end(raw ? script.body : JSON.stringify(script.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    next: (...scripts) => void queue.push(...scripts),
    reset: () => {
      calls.length = 0;
      queue.length = 0;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function parse(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(bytes.toString('utf8')) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
