/** Writes one answer as server-sent events: frames of one tick together, a slow reader disconnected, no `[DONE]` that is not true. */
import type { OutgoingHttpHeaders } from 'node:http';
import type { Provenance, StreamSink } from '../dispatch.ts';
import { CLIENT_GONE, sendFailure } from '../middleware/reply.ts';
import { logAccess } from '../middleware/access-log.ts';
import type { Exchange } from '../routes/exchange.ts';
import { drained } from './drained.ts';
import type { StreamWords } from './words.ts';

export type SseOptions = {
  readonly exchange: Exchange;
  /** The accepted request's id, which is an earlier one's on a replay. */
  readonly requestId: string;
  /** Made when the head is written: only then is it known who answers. */
  readonly headers: (provenance: Provenance) => OutgoingHttpHeaders;
  /** The caller left before the end. */
  readonly onGone: () => void;
  readonly words: StreamWords;
};

const TYPE = /^\{"type":"([\w.-]+)"/;

function framed(json: string, named: boolean): string {
  const name = named ? TYPE.exec(json)?.[1] : undefined;
  return name === undefined ? `data: ${json}\n\n` : `event: ${name}\ndata: ${json}\n\n`;
}

const EVENTS = { contentType: 'text/event-stream; charset=utf-8', silence: ': keep-alive\n\n' } as const;

const SSE_HEADERS: Readonly<OutgoingHttpHeaders> = {
  'cache-control': 'no-cache',
  // nginx would collect the frames otherwise.
  'x-accel-buffering': 'no',
};

/**
 * A sink on a response. Until the first frame is due nothing has been written, so that a failure before it is plain JSON with its
 * own status; after it, a failure is an event and the stream ends without `[DONE]`: the caller knows that it may resume.
 */
export function createSseSink({ exchange, requestId, headers, onGone, words }: SseOptions): StreamSink {
  const { res, limits } = exchange;
  const { contentType, silence } = words.framing ?? EVENTS;
  let opened: Provenance | undefined;
  let pending = '';
  let scheduled = false;
  let over = false;
  let keepAlive: NodeJS.Timeout | undefined;
  let silent = true;
  let frames = 0;

  const finish = (status: number): void => {
    over = true;
    clearInterval(keepAlive);
    logAccess(exchange, status);
  };

  const leave = (): void => {
    if (over) return;
    finish(CLIENT_GONE);
    onGone();
  };
  // A caller that left while its request was being accepted will not leave again.
  if (res.destroyed) leave();
  else res.on('close', leave);

  const dropSlow = (): void => {
    exchange.deps.log.info({ request_id: requestId }, 'a slow reader was disconnected; it can resume');
    leave();
    res.destroy();
  };

  const writeHead = (provenance: Provenance): void => {
    if (res.headersSent) return;
    res.writeHead(200, { ...headers(provenance), ...SSE_HEADERS, 'content-type': contentType });
    res.flushHeaders();
    keepAlive = setInterval(() => {
      if (silent) res.write(silence);
      silent = true;
    }, limits.streamKeepAliveMs);
    keepAlive.unref();
  };

  const flush = (): void => {
    scheduled = false;
    if (over || opened === undefined) return;
    writeHead(opened);
    if (pending === '') return;
    const frames = pending;
    pending = '';
    silent = false;
    res.write(frames);
  };

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    process.nextTick(flush);
  };

  return {
    open(provenance) {
      if (over) return;
      opened = provenance;
      schedule();
    },
    chunk(id, json) {
      if (over) return false;
      if (res.writableLength + pending.length > limits.maxUnreadBytes) {
        dropSlow();
        return false;
      }
      frames += 1;
      pending += words.framing?.frame(json, frames) ?? `id: ${id}\n${framed(json, words.named)}`;
      schedule();
      return true;
    },
    reset(id, attempt, through) {
      if (over) return;
      const data = JSON.stringify({ type: 'reset', attempt, discard_through: through });
      pending += `id: ${id}\nevent: reset\ndata: ${data}\n\n`;
      schedule();
    },
    async drained() {
      flush();
      await drained(res, limits.unreadMs, dropSlow);
    },
    end(provenance) {
      if (over) return;
      writeHead(opened ?? provenance);
      finish(200);
      res.end(pending + words.farewell);
    },
    failed(failure, provenance) {
      if (over) return;
      if (!res.headersSent && pending === '') {
        over = true;
        sendFailure(exchange, failure, headers(provenance));
        return;
      }
      writeHead(opened ?? provenance);
      finish(200);
      const last = words.failed(exchange, failure, requestId, frames);
      res.end(pending + (words.framing?.failed(last, frames + 1) ?? framed(last, words.named)));
    },
  };
}
