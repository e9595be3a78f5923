/** Answers as server-sent events, read over a real socket. */
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Dispatch, StreamSink } from '../../../api/dispatch.ts';
import type { ServerDeps } from '../../../api/server.ts';
import { accepted, chat, configOf, HELLO, MASTER_KEY, NO_REQUESTS, PROVENANCE, startEdge, type Edge } from '../edge.ts';

const STREAM = { ...HELLO, stream: true };
const FAILURE = { code: 'provider_unavailable', message: 'Upstream is down.', billed: 'maybe' } as const;
const REPLAYED = 'req_01M86Y8AN09FGPC36VD60JV430';

let edge: Edge | undefined;

afterEach(async () => {
  await edge?.close();
  edge = undefined;
});

/** An edge whose durable path feeds each stream with `feed`. */
async function streaming(
  feed: (sink: StreamSink) => (() => void) | void,
  changes: Partial<ServerDeps> = {},
  replayOf?: string,
): Promise<Edge> {
  const dispatch: Dispatch = {
    submit: async (submission) =>
      accepted(submission, { stream: feed, ...(replayOf === undefined ? {} : { replayOf }) }),
  };
  edge = await startEdge({ ...changes, dispatch });
  return edge;
}

describe('a stream', () => {
  it('is frames with ids, then [DONE], under headers that no proxy buffers', async () => {
    const response = await chat(
      await streaming((sink) => {
        sink.open(PROVENANCE);
        sink.chunk(1, '{"a":1}');
        sink.chunk(2, '{"b":"é"}');
        sink.end(PROVENANCE);
      }),
      STREAM,
    );
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      'x-litellm-model-id': 'd1',
      'x-request-id': expect.stringMatching(/^req_/),
    });
    expect(await response.text()).toBe('id: 1\ndata: {"a":1}\n\nid: 2\ndata: {"b":"é"}\n\ndata: [DONE]\n\n');
  });

  it('may end without a chunk', async () => {
    const response = await chat(await streaming((sink) => sink.end(PROVENANCE)), STREAM);
    expect(await response.text()).toBe('data: [DONE]\n\n');
  });

  it('writes the chunks of one tick in one piece', async () => {
    const port = (
      await streaming((sink) => {
        sink.open(PROVENANCE);
        for (let id = 1; id <= 50; id += 1) sink.chunk(id, '{}');
        setImmediate(() => sink.end(PROVENANCE));
      })
    ).port;
    const { text } = await rawStream(port);
    const [, body = ''] = text.split('\r\n\r\n', 2);
    const [size = ''] = body.split('\r\n', 1);
    expect(Number.parseInt(size, 16)).toBe(
      Array.from({ length: 50 }, (_, index) => `id: ${index + 1}\ndata: {}\n\n`).join('').length,
    );
  });

  it('sends a chunk at once, without waiting for the next one', async () => {
    let sink: StreamSink | undefined;
    const response = await chat(
      await streaming((given) => {
        sink = given;
        given.open(PROVENANCE);
      }),
      STREAM,
    );
    const reader = response.body?.getReader();
    for (const id of [1, 2, 3]) {
      sink?.chunk(id, `{"n":${id}}`);
      const { value } = (await reader?.read()) ?? {};
      expect(new TextDecoder().decode(value)).toBe(`id: ${id}\ndata: {"n":${id}}\n\n`);
    }
    sink?.end(PROVENANCE);
    const { value } = (await reader?.read()) ?? {};
    expect(new TextDecoder().decode(value)).toBe('data: [DONE]\n\n');
  });

  it('is marked as a replay', async () => {
    const response = await chat(await streaming((sink) => sink.end(PROVENANCE), {}, REPLAYED), STREAM);
    expect(response.headers.get('x-request-id')).toBe(REPLAYED);
    expect(response.headers.get('idempotency-replayed')).toBe('true');
    await response.arrayBuffer();
  });

  it('is kept alive by comments while the model is silent', async () => {
    let sink: StreamSink | undefined;
    const response = await chat(
      await streaming(
        (given) => {
          sink = given;
          given.open(PROVENANCE);
        },
        { limits: { streamKeepAliveMs: 20 } },
      ),
      STREAM,
    );
    const reader = response.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    expect(new TextDecoder().decode(value)).toMatch(/^(: keep-alive\n\n)+$/);
    sink?.end(PROVENANCE);
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
      expect(new TextDecoder().decode(part.value)).toMatch(/^(: keep-alive\n\n)*(data: \[DONE\]\n\n)?$/);
    }
  });
});

describe('a stream that fails', () => {
  it('is plain JSON with its own status before the first chunk', async () => {
    for (const opened of [false, true]) {
      const response = await chat(
        await streaming((sink) => {
          if (opened) sink.open(PROVENANCE);
          sink.failed(FAILURE, PROVENANCE);
        }),
        STREAM,
      );
      expect(response.status).toBe(503);
      expect(response.headers.get('content-type')).toBe('application/json');
      expect(response.headers.get('retry-after')).toBe('1');
      expect(await response.json()).toMatchObject({
        error: { code: 'provider_unavailable', message: 'Upstream is down.' },
      });
      await edge?.close();
    }
  });

  it('ends with an error that carries the request id, and without [DONE], after the first chunk', async () => {
    const response = await chat(
      await streaming((sink) => {
        sink.open(PROVENANCE);
        sink.chunk(1, '{}');
        setImmediate(() => sink.failed(FAILURE, PROVENANCE));
      }),
      STREAM,
    );
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text).not.toContain('[DONE]');
    const [first, last = ''] = text.split('\n\n');
    expect(first).toBe('id: 1\ndata: {}');
    expect(JSON.parse(last.replace(/^data: /, ''))).toEqual({
      error: {
        message: 'Upstream is down.',
        type: 'api_error',
        param: null,
        code: 'provider_unavailable',
        request_id: response.headers.get('x-request-id'),
      },
    });
  });

  it('says nothing after its end', async () => {
    const response = await chat(
      await streaming((sink) => {
        sink.open(PROVENANCE);
        sink.chunk(1, '{}');
        sink.end(PROVENANCE);
        expect(sink.chunk(2, '{}')).toBe(false);
        sink.failed(FAILURE, PROVENANCE);
        sink.end(PROVENANCE);
      }),
      STREAM,
    );
    expect(await response.text()).toBe('id: 1\ndata: {}\n\ndata: [DONE]\n\n');
  });
});

describe('a reader of a stream', () => {
  it('is detached when it leaves, and its request goes on', async () => {
    const cancelled: string[] = [];
    await readerLeaves(cancelled, false);
    expect(cancelled).toEqual([]);
  });

  it('takes its request with it where the operator wants it', async () => {
    const cancelled: string[] = [];
    await readerLeaves(cancelled, true);
    expect(cancelled).toHaveLength(1);
  });

  it('is noticed to have left while its request was being accepted', async () => {
    let submitted = (): void => undefined;
    const accepting = new Promise<void>((resolve) => {
      submitted = resolve;
    });
    let left = (): void => undefined;
    const gone = new Promise<void>((resolve) => {
      left = resolve;
    });
    const detached = new Promise<boolean>((resolve) => {
      const dispatch: Dispatch = {
        submit: async (submission) => {
          submitted();
          await gone;
          return accepted(submission, { stream: (sink) => () => resolve(sink.chunk(1, '{}')) });
        },
      };
      void startEdge({ dispatch }).then((started) => {
        edge = started;
        started.server.once('connection', (connection) => connection.once('close', () => left()));
        const socket = request(started.port);
        void accepting.then(() => socket.destroy());
      });
    });
    expect(await detached).toBe(false);
  });

  it('is disconnected when it does not read, before memory grows past the bound', async () => {
    const chunk = JSON.stringify({ text: 'x'.repeat(64 * 1024) });
    let refusedAfter = 0;
    const detached = new Promise<void>((resolve) => {
      void streaming(
        (sink) => {
          sink.open(PROVENANCE);
          const feed = (): void => {
            refusedAfter += chunk.length;
            if (sink.chunk(refusedAfter, chunk)) setImmediate(feed);
          };
          setImmediate(feed);
          return resolve;
        },
        { limits: { maxUnreadBytes: 256 * 1024 } },
      ).then(({ port }) => {
        const socket = request(port);
        socket.pause();
      });
    });
    await detached;
    // The kernel's buffers on both ends take some megabytes; the rest is ours.
    expect(refusedAfter).toBeLessThan(64 * 1024 * 1024);
  });
});

function request(port: number): Socket {
  const body = JSON.stringify(STREAM);
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${MASTER_KEY}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  return socket;
}

function rawStream(port: number): Promise<{ text: string }> {
  return new Promise((resolve) => {
    let text = '';
    const socket = request(port);
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => {
      text += part;
    });
    socket.on('close', () => resolve({ text }));
  });
}

/** Resolves when the edge has let go of the stream. */
async function readerLeaves(cancelled: string[], cancelOnDisconnect: boolean): Promise<void> {
  const config = configOf({ cancelOnDisconnect });
  const requests = {
    ...NO_REQUESTS,
    cancel: async (id: string) => {
      cancelled.push(id);
      return undefined;
    },
  };
  let detach = (): void => undefined;
  const detached = new Promise<void>((resolve) => {
    detach = resolve;
  });
  const { port } = await streaming(
    (sink) => {
      sink.open(PROVENANCE);
      sink.chunk(1, '{}');
      return () => {
        expect(sink.chunk(2, '{}')).toBe(false);
        detach();
      };
    },
    { config: () => config, requests },
  );
  const socket = request(port);
  socket.once('data', () => socket.destroy());
  await detached;
}
