/** Streams read again: from any event on, in every dialect, on any process, live and finished. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { get, post } from '../support/ask.ts';
import { readEvents, type SentEvent, type Streamed } from '../support/events.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';
import { waitFor } from '../support/wait.ts';

const CHUNKS = 300;
/** A piece for each chunk. */
const TEXT = 'Say it. '.repeat(75);

let upstream: Upstream;
let gateway: Gateway;
let second: Gateway;

beforeAll(async () => {
  upstream = await startUpstream();
  const config = {
    model_list: [
      {
        model_name: 'gpt',
        litellm_params: { model: 'openai/gpt-4o-mini', api_base: upstream.openaiUrl, api_key: 'sk-provider' },
      },
      {
        model_name: 'claude',
        litellm_params: { model: 'anthropic/claude-sonnet-4-5', api_base: upstream.url, api_key: 'sk-provider' },
      },
    ],
    router_settings: { num_retries: 2, retry_after: 0, disable_cooldowns: true },
  };
  gateway = await startGateway({ config });
  second = await startGateway({ config, beside: gateway });
});

afterAll(async () => {
  await second?.close();
  await gateway?.close();
  await upstream?.stop();
});

beforeEach(() => upstream.reset());

const MESSAGES = [{ role: 'user', content: 'Say it.' }];

/** How each dialect is asked for a stream. */
const DOORS = {
  chat: { path: '/v1/chat/completions', body: { model: 'gpt', messages: MESSAGES } },
  'chat with usage': {
    path: '/v1/chat/completions',
    body: { model: 'gpt', messages: MESSAGES, stream_options: { include_usage: true } },
  },
  messages: { path: '/v1/messages', body: { model: 'claude', max_tokens: 5_000, messages: MESSAGES } },
  'translated messages': { path: '/v1/messages', body: { model: 'gpt', max_tokens: 5_000, messages: MESSAGES } },
  completions: { path: '/v1/completions', body: { model: 'claude', max_tokens: 5_000, prompt: 'Say it.' } },
  responses: { path: '/v1/responses', body: { model: 'gpt', input: 'Say it.' } },
} as const;

type Door = keyof typeof DOORS;

const DIALECTS = Object.keys(DOORS) as Door[];

async function ask(door: Door, more: Parameters<typeof readEvents>[1] = {}): Promise<Streamed> {
  const { path, body } = DOORS[door];
  return readEvents(gateway.url + path, { method: 'POST', body: { ...body, stream: true }, ...more });
}

async function resume(at: Gateway, id: string, after?: number, more = {}): Promise<Streamed> {
  const query = after === undefined ? '' : `?starting_after=${after}`;
  return readEvents(`${at.url}/v1/requests/${id}/stream${query}`, more);
}

/** The text behind the event with this id, as it was sent. */
function behind(text: string, id: number): string {
  const mark = `id: ${id}\n`;
  const start = text.indexOf('\n\n', text.indexOf(mark)) + 2;
  return text.slice(start);
}

function idsOf(events: readonly SentEvent[]): readonly number[] {
  return events.flatMap(({ id }) => (id === undefined ? [] : [id]));
}

describe.each(DIALECTS)('a finished stream of %s', (door) => {
  it('read up to any event and from there on is the whole, on both processes', async () => {
    upstream.next({ text: TEXT, chunks: CHUNKS });
    const whole = await ask(door);
    const ids = idsOf(whole.events);
    expect(ids.length).toBeGreaterThanOrEqual(CHUNKS);
    expect(ids).toEqual(ids.map((_, index) => index + 1));
    for (const at of [gateway, second]) {
      expect((await resume(at, whole.requestId)).text).toBe(whole.text);
      for (const id of ids.slice(0, -1)) {
        const rest = await resume(at, whole.requestId, id);
        expect(rest.text).toBe(behind(whole.text, id));
      }
    }
    expect(upstream.calls).toHaveLength(1);
  }, 120_000);

  it('has nothing behind its last event, and knows no later ones', async () => {
    const whole = await ask(door);
    const last = idsOf(whole.events).at(-1) ?? 0;
    for (const at of [gateway, second]) {
      const caughtUp = await resume(at, whole.requestId, last);
      expect([caughtUp.status, caughtUp.text]).toEqual([204, '']);
      expect((await resume(at, whole.requestId, last + 1)).status).toBe(400);
      expect((await resume(at, whole.requestId, 7_000_000)).status).toBe(400);
    }
  });

  it('is made from the answer once its events are no longer kept, and cannot be gone on with', async () => {
    const whole = await ask(door);
    await sql('delete from stream_chunks where request_id = $1', whole.requestId);
    const made = await resume(second, whole.requestId);
    expect(made.status).toBe(200);
    expect(contentOf(made)).toBe(contentOf(whole));
    if (door !== 'completions') expect(endOf(made)).toEqual(endOf(whole));
    const late = await resume(second, whole.requestId, 2);
    expect(late.status).toBe(410);
    expect(JSON.parse(late.text)).toMatchObject({ error: { code: 'stream_expired' } });
  });
});

describe("a stream in Google's dialect, which has no ids of its own", () => {
  it('has them where it is read again', async () => {
    upstream.next({ text: TEXT, chunks: 30 });
    const whole = await readEvents(`${gateway.url}/v1beta/models/gpt:streamGenerateContent?alt=sse`, {
      method: 'POST',
      body: { contents: [{ role: 'user', parts: [{ text: 'Say it.' }] }] },
    });
    const again = await resume(second, whole.requestId);
    expect(again.events.map(({ data }) => data)).toEqual(whole.events.map(({ data }) => data));
    const ids = idsOf(again.events);
    expect(ids).toEqual(again.events.map((_, index) => index + 1));
    for (const id of ids.slice(0, -1)) {
      expect((await resume(gateway, whole.requestId, id)).text).toBe(behind(again.text, id));
    }
    expect((await resume(gateway, whole.requestId, ids.at(-1))).status).toBe(204);
  });
});

describe.each(DIALECTS)('an answer of %s that was not streamed', (door) => {
  it('is streamed all the same, from any event on', async () => {
    const { path, body } = DOORS[door];
    const { id } = await post(gateway.url, path, body);
    const whole = await resume(second, id);
    const ids = idsOf(whole.events);
    expect(contentOf(whole)).toMatch(/Say it/);
    for (const after of ids.slice(0, -1))
      expect((await resume(gateway, id, after)).text).toBe(behind(whole.text, after));
    expect((await resume(gateway, id, ids.at(-1))).status).toBe(204);
  });
});

describe('a live stream', () => {
  it('is read at the same time by readers of both processes, each from where it was', async () => {
    const { promise, resolve: go } = released();
    upstream.next({ text: TEXT, chunks: CHUNKS, afterChunks: 100, resume: promise, gapMs: 1 });
    const { id, whole } = await begun('chat');
    const readers = [gateway, second].flatMap((at) => [undefined, 1, 37, 60].map((after) => resume(at, id, after)));
    go();
    const { text } = await whole;
    const starts = [undefined, 1, 37, 60, undefined, 1, 37, 60];
    for (const [index, reader] of (await Promise.all(readers)).entries()) {
      const after = starts[index];
      expect(reader.text).toBe(after === undefined ? text : behind(text, after));
    }
    expect(upstream.calls).toHaveLength(1);
  });

  it('survives a hundred reconnects at random places, on either process, without a gap or a repeat', async () => {
    upstream.next({ text: TEXT, chunks: CHUNKS, gapMs: 5 });
    const first = await ask('chat', { leaveAfter: 1 });
    const events: SentEvent[] = first.events.slice(0, 1);
    let seed = 7;
    let reconnects = 0;
    for (let done = false; !done; reconnects += 1) {
      seed = (seed * 16_807) % 2_147_483_647;
      const after = idsOf(events).at(-1) ?? 0;
      const keep = 1 + (seed % 5);
      const part = await resume(seed % 2 === 0 ? gateway : second, first.requestId, after, { leaveAfter: keep });
      expect([200, 204]).toContain(part.status);
      // What arrived in the same packet behind the last one that was taken is lost with the connection.
      const taken = part.events.slice(0, keep);
      events.push(...taken);
      done = part.status === 204 || taken.some(({ data }) => data === '[DONE]');
    }
    expect(reconnects).toBeGreaterThanOrEqual(80);
    const whole = await resume(gateway, first.requestId);
    const seen = events.filter(({ id }) => id !== undefined);
    expect(seen).toEqual(whole.events.filter(({ id }) => id !== undefined));
    expect(upstream.calls).toHaveLength(1);
  }, 60_000);

  it('tells an EventSource where it was by its own header', async () => {
    const whole = await ask('chat');
    const rest = await readEvents(`${second.url}/v1/requests/${whole.requestId}/stream`, {
      headers: { 'last-event-id': '3' },
    });
    expect(rest.text).toBe(behind(whole.text, 3));
  });
});

describe('an attempt that breaks off after something was shown', () => {
  it('ends a plain stream with an error, and makes a resuming reader begin anew', async () => {
    const { promise, resolve: go } = released();
    upstream.next({ text: TEXT, chunks: 40, afterChunks: 20, resume: promise, reset: 'mid_body' }, { chunks: 10 });
    const { id, whole } = await begun('chat');
    const early = await joined(second, id);
    const resuming = [resume(gateway, id, 2), early.whole];
    go();
    const plain = await whole;
    expect(plain.events.at(-1)?.data).toContain('error');
    expect(plain.text).not.toContain('[DONE]');
    const after = idsOf(plain.events).at(-1) ?? 0;
    for (const reader of [...(await Promise.all(resuming)), await resume(second, id, after)]) {
      const at = reader.events.findIndex(({ event }) => event === 'reset');
      expect(reader.events[at]?.id).toBe(1_000_000);
      expect(JSON.parse(reader.events[at]?.data ?? '{}')).toMatchObject({ type: 'reset', attempt: 2 });
      expect(reader.events.filter(({ event }) => event === 'reset')).toHaveLength(1);
      const ids = idsOf(reader.events);
      expect(ids).toEqual([...ids].sort((a, b) => a - b));
      // What follows the reset is the second attempt, whole; nothing of the first comes after it.
      const anew = reader.events.slice(at + 1);
      expect(idsOf(anew)).toEqual(idsOf(anew).map((_, index) => 1_000_001 + index));
      expect(anew.at(-1)?.data).toBe('[DONE]');
      const stored = await get(gateway.url, `/v1/requests/${id}`);
      const { choices } = (stored.json?.['response'] ?? {}) as { choices?: { message: { content: string } }[] };
      expect(contentOf({ events: anew })).toBe(choices?.[0]?.message.content);
    }
  });

  it('ends every stream with the error when nothing can follow', async () => {
    upstream.always({ text: TEXT, chunks: 40, afterChunks: 20, reset: 'mid_body' });
    const plain = await ask('chat');
    const id = plain.requestId;
    await waitFor(
      'the request to fail',
      async () => (await get(gateway.url, `/v1/requests/${id}`)).json?.['status'] === 'failed',
    );
    const rest = await resume(second, id, 1);
    expect(rest.status).toBe(200);
    expect(rest.events.at(-1)?.data).toContain('provider_unreachable');
    expect(rest.text).not.toContain('[DONE]');
  });
});

describe('a stream that is asked for wrongly', () => {
  it.each(['starting_after=-1', 'starting_after=x', 'starting_after=1.5', 'starting_after=', 'after=1'])(
    'is refused for ?%s',
    async (query) => {
      const { requestId } = await ask('chat');
      expect((await readEvents(`${gateway.url}/v1/requests/${requestId}/stream?${query}`)).status).toBe(400);
    },
  );

  it('is refused for a header that is no id, and for one that contradicts the query', async () => {
    const { requestId } = await ask('chat');
    const url = `${gateway.url}/v1/requests/${requestId}/stream`;
    expect((await readEvents(url, { headers: { 'last-event-id': 'x' } })).status).toBe(400);
    expect((await readEvents(`${url}?starting_after=1`, { headers: { 'last-event-id': '2' } })).status).toBe(400);
    expect((await readEvents(`${url}?starting_after=2`, { headers: { 'last-event-id': '2' } })).status).toBe(200);
  });

  it('is unknown for an id that nobody has', async () => {
    expect((await resume(gateway, 'req_01M86Y8AN09FGPC36VD60JV430')).status).toBe(404);
    expect((await resume(gateway, 'nonsense')).status).toBe(404);
  });
});

it('an idempotent repetition of a stream whose events are gone gets its answer', async () => {
  const key = { 'idempotency-key': 'stream-repeated' };
  const whole = await ask('chat', { headers: key });
  await sql('delete from stream_chunks where request_id = $1', whole.requestId);
  const again = await ask('chat', { headers: key });
  expect(again.requestId).toBe(whole.requestId);
  expect(contentOf(again)).toBe(contentOf(whole));
  expect(again.events.at(-1)?.data).toBe('[DONE]');
});

async function sql(statement: string, id: string): Promise<void> {
  const client = new pg.Client({ connectionString: gateway.databaseUrl });
  await client.connect();
  await client.query(statement, [id]);
  await client.end();
}

function released(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}

/** A stream of which something has been shown. */
async function begun(door: Door): Promise<{ readonly id: string; readonly whole: Promise<Streamed> }> {
  return new Promise((resolve, reject) => {
    let id = '';
    const whole = ask(door, {
      onHead: (requestId) => {
        id = requestId;
      },
      onEvent: () => resolve({ id, whole }),
    });
    whole.catch(reject);
  });
}

/** A reader that has been shown something. */
async function joined(at: Gateway, id: string): Promise<{ readonly whole: Promise<Streamed> }> {
  return new Promise((resolve, reject) => {
    const whole = resume(at, id, undefined, { onEvent: () => resolve({ whole }) });
    whole.catch(reject);
  });
}

/** The answer's text, in whichever dialect. */
function contentOf({ events }: Pick<Streamed, 'events'>): string {
  return events
    .filter(({ data }) => data !== '[DONE]')
    .map(({ data }) => JSON.parse(data) as Record<string, never>)
    .map((event) => {
      const { choices, delta, type } = event as {
        choices?: { text?: string; delta?: { content?: string } }[];
        delta?: string | { text?: string };
        type?: string;
      };
      if (choices !== undefined) return choices[0]?.text ?? choices[0]?.delta?.content ?? '';
      if (type === 'response.output_text.delta' && typeof delta === 'string') return delta;
      return type === 'content_block_delta' && typeof delta === 'object' ? (delta.text ?? '') : '';
    })
    .join('');
}

/** What the last two events say, less what differs between a stream as it came and one that was made. */
function endOf({ events }: Pick<Streamed, 'events'>): readonly string[] {
  return events
    .slice(-2)
    .map(({ data }) =>
      data.replace(/"(sequence_number|created)":\d+,/, '').replace(/("type":"message_delta".*),"usage":.*/, '$1'),
    );
}
