/** One keep-alive connection of the load generator: an exchange at a time, with the moment each part arrived. */
import { connect, type Socket } from 'node:net';
import type { Target } from './load-spec.ts';
import { MessageReader } from './wire.ts';

/** Longer than any answer here takes; a gateway that hangs must not hang the bench. */
const EXCHANGE_TIMEOUT_MS = 30_000;

export type Exchange = { readonly status: number; readonly bodyBytes: number; readonly totalMs: number };

export const requestBytes = (target: Target, stream: boolean): Buffer => {
  const body = Buffer.from(
    JSON.stringify({
      model: target.model,
      messages: [
        { role: 'system', content: 'You are a helpful assistant.' },
        { role: 'user', content: 'Say something about a fox and a dog, in a few words.' },
      ],
      ...(stream ? { stream: true } : {}),
    }),
  );
  const headers = { 'content-type': 'application/json', 'content-length': String(body.length), ...target.headers };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:${target.port}\r\n${lines.join('')}\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
};

type Pending = {
  readonly sentAtMs: number;
  readonly onBody: ((part: Buffer) => void) | undefined;
  readonly resolve: (exchange: Exchange) => void;
  readonly reject: (reason: Error) => void;
};

export class Connection {
  private readonly port: number;
  private socket: Socket | undefined;
  private pending: Pending | undefined;
  private status = 0;
  private bodyBytes = 0;
  private closing = false;

  constructor(port: number) {
    this.port = port;
  }

  /** Opened anew when the other side closed it: a gateway may end a keep-alive connection between two requests. */
  exchange(bytes: Buffer, onBody?: (part: Buffer) => void): Promise<Exchange> {
    return new Promise((resolve, reject) => {
      const socket = this.socket ?? this.open();
      this.pending = { sentAtMs: performance.now(), onBody, resolve, reject };
      socket.write(bytes);
    });
  }

  close(): void {
    this.socket?.destroy();
    this.socket = undefined;
  }

  private open(): Socket {
    const socket = connect({ port: this.port, host: '127.0.0.1', noDelay: true });
    const reader = new MessageReader({
      onHead: (head) => {
        this.status = Number(head.slice(9, 12));
        this.bodyBytes = 0;
        this.closing = /\r\nconnection:[ \t]*close/i.test(head);
      },
      onBody: (part) => {
        this.bodyBytes += part.length;
        this.pending?.onBody?.(part);
      },
      onEnd: () => {
        if (this.closing) this.close();
        const pending = this.take();
        pending?.resolve({
          status: this.status,
          bodyBytes: this.bodyBytes,
          totalMs: performance.now() - pending.sentAtMs,
        });
      },
    });
    const fail = (message: string): void => {
      socket.destroy();
      if (this.socket === socket) this.socket = undefined;
      this.take()?.reject(new Error(message));
    };
    socket.setTimeout(EXCHANGE_TIMEOUT_MS, () => fail('timed out'));
    socket.on('data', (bytes: Buffer) => {
      try {
        reader.feed(bytes);
      } catch (error) {
        fail(error instanceof Error ? error.message : String(error));
      }
    });
    socket.on('error', (error) => fail(error.message));
    socket.on('close', () => {
      if (this.socket === socket) fail('closed before the answer ended');
    });
    this.socket = socket;
    return socket;
  }

  private take(): Pending | undefined {
    const pending = this.pending;
    this.pending = undefined;
    return pending;
  }
}
