/** Server-sent events as they were sent: every event with its id, and how the connection ended. */
import { request } from 'undici';
import { MASTER_KEY } from './gateway.ts';

export type SentEvent = { readonly id: number | undefined; readonly event: string | undefined; readonly data: string };

export type Streamed = {
  readonly status: number;
  readonly requestId: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Everything after the head. */
  readonly text: string;
  readonly events: readonly SentEvent[];
  /** False when the connection broke. */
  readonly whole: boolean;
};

export type Reading = {
  readonly method?: 'GET' | 'POST';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Hangs up once this many events have arrived. */
  readonly leaveAfter?: number;
  /** Told of the id as soon as the head is there, and of every event. */
  readonly onHead?: (requestId: string) => void;
  readonly onEvent?: (event: SentEvent) => void;
};

export function parseEvents(text: string): readonly SentEvent[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .filter((frame) => !frame.startsWith(':'))
    .map((frame) => {
      const fields = new Map(
        frame.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      const id = fields.get('id');
      return {
        id: id === undefined ? undefined : Number(id),
        event: fields.get('event'),
        data: fields.get('data') ?? '',
      };
    });
}

export async function readEvents(url: string, reading: Reading = {}): Promise<Streamed> {
  const { method = 'GET', body, headers = {}, leaveAfter = Number.POSITIVE_INFINITY } = reading;
  const answer = await request(url, {
    method,
    headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json', ...headers },
    body: body === undefined ? null : JSON.stringify(body),
    bodyTimeout: 120_000,
    headersTimeout: 120_000,
  });
  const requestId = String(answer.headers['x-request-id'] ?? '');
  reading.onHead?.(requestId);
  let text = '';
  let seen = 0;
  let whole = true;
  try {
    const decoder = new TextDecoder();
    for await (const part of answer.body) {
      text += decoder.decode(part as Uint8Array, { stream: true });
      const events = parseEvents(text);
      for (const event of events.slice(seen)) reading.onEvent?.(event);
      seen = events.length;
      if (seen >= leaveAfter) break;
    }
  } catch {
    whole = false;
  }
  return { status: answer.statusCode, requestId, headers: answer.headers, text, events: parseEvents(text), whole };
}
