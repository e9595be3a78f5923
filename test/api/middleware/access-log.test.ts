/** The access log: one line per response, and nothing in it that a caller said in confidence. */
import { Writable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pino from 'pino';
import { chat, HELLO, MASTER_KEY, startEdge, type Edge } from '../edge.ts';

let edge: Edge;
let lines: string[] = [];
let fail = false;

beforeAll(async () => {
  const sink = new Writable({
    write(line: Buffer, _encoding, done) {
      lines.push(line.toString());
      done();
    },
  });
  edge = await startEdge({
    log: pino({ level: 'debug' }, sink),
    requests: {
      get: async () => {
        if (fail) throw new Error('the ledger is gone');
        return undefined;
      },
      list: async () => ({ data: [], hasMore: false }),
      cancel: async () => undefined,
    },
  });
});

beforeEach(() => {
  lines = [];
  fail = false;
});

afterAll(async () => {
  await edge.close();
});

const entries = (): Record<string, unknown>[] => lines.map((line) => JSON.parse(line) as Record<string, unknown>);

describe('the access log', () => {
  it('has the id, the route, the status and the time, and no secret', async () => {
    const secret = 'canary-5f1b';
    const response = await chat(
      edge,
      { ...HELLO, messages: [{ role: 'user', content: secret }], user: secret },
      { 'x-litellm-call-id': secret, cookie: secret, 'idempotency-key': secret },
      `/v1/chat/completions?api-version=${secret}`,
    );
    await response.arrayBuffer();
    expect(entries()).toMatchObject([
      {
        level: pino.levels.values['debug'],
        request_id: response.headers.get('x-request-id'),
        method: 'POST',
        path: '/v1/chat/completions',
        status: 200,
        duration_ms: expect.any(Number),
      },
    ]);
    expect(lines.join()).not.toContain(secret);
    expect(lines.join()).not.toContain(MASTER_KEY);
  });

  it("raises its voice with the status: a caller's mistake is info, ours is a warning beside the error", async () => {
    await (await chat(edge, {})).arrayBuffer();
    fail = true;
    const path = '/v1/requests/req_01M86Y8AN09FGPC36VD60JV430';
    await (await fetch(edge.url + path, { headers: { authorization: `Bearer ${MASTER_KEY}` } })).arrayBuffer();
    const { info, warn, error } = pino.levels.values;
    expect(entries()).toMatchObject([
      { level: info, status: 400 },
      { level: error, msg: 'a route failed', err: { message: 'the ledger is gone' } },
      { level: warn, status: 500, path },
    ]);
  });
});
