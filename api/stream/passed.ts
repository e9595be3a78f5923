/** Writes an answer that passes as it is: the provider's status, headers and bytes. It is complete only when it is committed. */
import type { OutgoingHttpHeaders } from 'node:http';
import { bytesOf } from '../../activities/passed-content.ts';
import { readFrame, type PassedHead } from '../../providers/dialects/passed.ts';
import { parseJson } from '../../providers/protocol/json.ts';
import type { Provenance, StreamSink } from '../dispatch.ts';
import { logAccess } from '../middleware/access-log.ts';
import { CLIENT_GONE, sendFailure, sendText } from '../middleware/reply.ts';
import type { Exchange } from '../routes/exchange.ts';
import { drained } from './drained.ts';

export type PassedSinkOptions = {
  readonly exchange: Exchange;
  readonly headers: (provenance: Provenance) => OutgoingHttpHeaders;
  /** The caller left before the end. */
  readonly onGone: () => void;
};

/** An answer as the ledger keeps it. */
export function sendPassed(exchange: Exchange, json: string, headers: OutgoingHttpHeaders): void {
  const { head, content } = readFrame(parseJson(json));
  sendText(exchange, statusOf(head), bytesOf(content ?? {}), { ...head?.headers, ...headers });
}

/** A provider's interim and switching answers are not the caller's. */
function statusOf(head: PassedHead | undefined): number {
  const status = head?.status ?? 200;
  return status >= 200 && status <= 599 ? status : 502;
}

export function createPassedSink({ exchange, headers, onGone }: PassedSinkOptions): StreamSink {
  const { res, limits } = exchange;
  let opened: Provenance | undefined;
  let status = 200;
  let over = false;

  const finish = (shown: number): void => {
    over = true;
    logAccess(exchange, shown);
  };
  const leave = (): void => {
    if (over) return;
    finish(CLIENT_GONE);
    onGone();
  };
  const drop = (): void => {
    leave();
    res.destroy();
  };
  if (res.destroyed) leave();
  else res.on('close', leave);

  const begin = (head: PassedHead | undefined, provenance: Provenance): void => {
    if (res.headersSent) return;
    status = statusOf(head);
    res.writeHead(status, { ...head?.headers, ...headers(provenance), 'x-accel-buffering': 'no' });
    res.flushHeaders();
  };

  return {
    open(provenance) {
      opened = provenance;
    },
    chunk(_id, json) {
      if (over) return false;
      const { head, content } = readFrame(parseJson(json));
      if (opened !== undefined) begin(head, opened);
      const bytes = bytesOf(content ?? {});
      if (res.writableLength > limits.maxUnreadBytes) {
        drop();
        return false;
      }
      if (bytes.length > 0) res.write(bytes);
      return true;
    },
    reset: drop,
    drained: async () => drained(res, limits.unreadMs, drop),
    end(provenance) {
      if (over) return;
      begin(undefined, opened ?? provenance);
      finish(status);
      res.end();
    },
    failed(failure, provenance) {
      if (over) return;
      if (!res.headersSent) {
        over = true;
        sendFailure(exchange, failure, headers(provenance));
        return;
      }
      finish(status);
      // There is no word of ours inside a provider's own stream: a connection that breaks is what the caller understands.
      res.destroy();
    },
  };
}
