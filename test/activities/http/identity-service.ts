/** An identity service over a real socket, for tests of credentials. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CallFailed } from '../../../activities/http/client.ts';
import type { WireRequest } from '../../../providers/provider.ts';

export type Seen = {
  readonly url: string;
  readonly form: Readonly<Record<string, string>>;
  readonly authorization: string | undefined;
};
export type Answer = { readonly status: number; readonly body: unknown };

export type IdentityService = {
  readonly origin: string;
  /** The requests for tokens, in order. */
  readonly seen: Seen[];
  /** What it answers to the n-th of them. */
  answer: (n: number) => Answer;
  close(): void;
};

async function read(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

export async function startIdentityService(): Promise<IdentityService> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    void read(request).then((text) => {
      const form = Object.fromEntries(new URLSearchParams(text));
      seen.push({ url: request.url ?? '', form, authorization: request.headers.authorization });
      const { status, body } = service.answer(seen.length);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const service: IdentityService = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    answer: (n) => ({ status: 200, body: { access_token: `token-${n}`, expires_in: 3600 } }),
    close: () => server.close(),
  };
  return service;
}

export function wireTo(url: string): WireRequest {
  return { method: 'POST', url, headers: {}, body: '{}', dropped: [] };
}

/** Fails the test when the call does not fail as calls to providers do. */
export async function failureOf(promise: Promise<unknown>): Promise<CallFailed> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof CallFailed) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
