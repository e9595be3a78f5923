/** A well-behaved client, the first witness: one key per request, asks again until the answer comes, and writes down all it saw. */
import { setTimeout as pause } from 'node:timers/promises';
import { request } from 'undici';
import type { Dispatcher } from 'undici';
import { readStream } from './sse.ts';

export type Try = {
  readonly url: string;
  /** Absent when no head arrived. */
  readonly status?: number;
  /** `x-request-id` of the answer. */
  readonly id?: string;
  readonly retryAfter?: string;
  readonly durability?: string;
  readonly replayed: boolean;
  /** `answered`: to the end. `refused`: no connection. `cut`: the connection ended early. `late`: no answer in time. `left`: we hung up. */
  readonly end: 'answered' | 'refused' | 'cut' | 'late' | 'left';
  /** From asking to the end of it, milliseconds. */
  readonly ms: number;
  /** Error code of an answer that was one. */
  readonly code?: string;
};

export type Outcome = {
  readonly key: string;
  readonly streaming: boolean;
  readonly tries: readonly Try[];
  /** The good answer, when one came. */
  readonly answer?: { readonly id: string; readonly text: string };
};

export type Ask = {
  readonly key: string;
  readonly streaming: boolean;
  readonly text: string;
  readonly masterKey: string;
  /** Where to ask, by number of the try from 0: a load balancer in front of what is alive. */
  readonly urlOf: (turn: number) => string;
  /** How long one try may take before it is given up and made again, milliseconds. */
  readonly tryMs: number;
  readonly forMs: number;
  /** Hangs up the first try when it resolves. */
  readonly leave?: Promise<unknown>;
  readonly onTry?: (seen: Try) => void;
};

/** What is worth another try with the same key: the answer is not known, or the gateway says "not now". */
function isFinal(status: number): boolean {
  return status < 500 && status !== 429;
}

/** Resolves with everything that was seen, answered or not. */
export async function askUntilAnswered(ask: Ask): Promise<Outcome> {
  const tries: Try[] = [];
  const until = performance.now() + ask.forMs;
  for (let turn = 0; ; turn += 1) {
    const began = performance.now();
    const seen = await once(ask, turn);
    const { text } = seen;
    const attempt = { ...seen.attempt, ms: Math.round(performance.now() - began) };
    tries.push(attempt);
    ask.onTry?.(attempt);
    if (attempt.end === 'answered' && attempt.status !== undefined) {
      if (attempt.status === 200 && text !== undefined) {
        return { key: ask.key, streaming: ask.streaming, tries, answer: { id: attempt.id ?? '', text } };
      }
      if (isFinal(attempt.status)) return { key: ask.key, streaming: ask.streaming, tries };
    }
    const waitMs =
      attempt.retryAfter === undefined ? Math.min(50 * 2 ** turn, 500) : Number(attempt.retryAfter) * 1_000;
    if (performance.now() + waitMs > until) return { key: ask.key, streaming: ask.streaming, tries };
    await pause(waitMs);
  }
}

type Once = { readonly attempt: Omit<Try, 'ms'>; readonly text?: string };

async function once(ask: Ask, turn: number): Promise<Once> {
  const url = ask.urlOf(turn);
  // One controller and a timer of our own: signals made by AbortSignal.any and .timeout can be collected before they fire (nodejs/node#57736).
  const control = new AbortController();
  let early: 'left' | 'late' | undefined;
  const stop = (why: 'left' | 'late'): void => {
    early ??= why;
    control.abort();
  };
  const timer = setTimeout(stop, ask.tryMs, 'late');
  if (turn === 0) void ask.leave?.then(() => stop('left'));
  try {
    return await exchange(ask, url, control.signal, (head) => early ?? (head ? 'cut' : 'refused'));
  } finally {
    clearTimeout(timer);
  }
}

async function exchange(
  ask: Ask,
  url: string,
  signal: AbortSignal,
  endOf: (head: boolean) => Try['end'],
): Promise<Once> {
  let answer: Dispatcher.ResponseData;
  try {
    answer = await request(`${url}/v1/chat/completions`, {
      method: 'POST',
      signal,
      headersTimeout: 0,
      bodyTimeout: 0,
      headers: {
        authorization: `Bearer ${ask.masterKey}`,
        'content-type': 'application/json',
        'idempotency-key': ask.key,
      },
      body: JSON.stringify({
        model: 'oracle',
        messages: [{ role: 'user', content: ask.text }],
        max_tokens: 64,
        ...(ask.streaming ? { stream: true } : {}),
      }),
    });
  } catch (error) {
    // "Refused" is a connection that could not be made; one that was made and broke before the head is cut.
    return { attempt: { url, replayed: false, end: endOf((error as { code?: string }).code !== 'ECONNREFUSED') } };
  }
  const { statusCode: status, headers } = answer;
  const seen = {
    url,
    status,
    replayed: headers['idempotency-replayed'] === 'true',
    ...ifThere('id', headers['x-request-id']),
    ...ifThere('retryAfter', headers['retry-after']),
    ...ifThere('durability', headers['x-holdfast-durability']),
  };
  let body: string;
  try {
    body = await answer.body.text();
  } catch {
    return { attempt: { ...seen, end: endOf(true) } };
  }
  if (status !== 200) return { attempt: { ...seen, end: 'answered', ...ifThere('code', codeOf(body)) } };
  if (!ask.streaming) return { attempt: { ...seen, end: 'answered' }, text: contentOf(body) };
  const { text, done, code } = readStream(body);
  // A stream without its end mark says "resume", not "finished".
  return done
    ? { attempt: { ...seen, end: 'answered' }, text }
    : { attempt: { ...seen, end: 'cut', ...ifThere('code', code) } };
}

function ifThere<K extends string>(name: K, value: unknown): { readonly [N in K]?: string } {
  return (typeof value === 'string' ? { [name]: value } : {}) as { readonly [N in K]?: string };
}

function codeOf(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { error?: { code?: string } }).error?.code;
  } catch {
    return undefined;
  }
}

export function contentOf(body: string): string {
  const answer = JSON.parse(body) as { choices?: { message?: { content?: string } }[] };
  return answer.choices?.[0]?.message?.content ?? '';
}
