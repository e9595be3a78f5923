/** Delivers a request's stream to its first reader at once, as this process makes it; from the journal where another process goes on. */
import { attemptOf } from '../activities/store/chunk-id.ts';
import { closeStream, INTERRUPTED, type Delivery } from './delivery.ts';
import { deliverJournal } from './follow.ts';

/** For requests whose first attempt this process makes. Returns how to stop; closes the ticket when the stream is over. */
export function deliverLive(delivery: Delivery): () => void {
  const { ticket, sink, durability } = delivery;
  let shown: number | undefined;
  let over = false;
  let detach: () => void = () => undefined;
  const finish = (tell: () => void): void => {
    if (over) return;
    over = true;
    tell();
    detach();
    ticket.close();
  };
  detach = ticket.listen({
    opened: (origin) => {
      if (!over) sink.open({ ...origin, durability });
    },
    chunk: (id, json) => {
      if (over) return;
      if (shown !== undefined && attemptOf(id) !== shown) {
        finish(() => {
          sink.failed(INTERRUPTED, { attempts: attemptOf(id), fallbacks: 0, durability });
        });
        return;
      }
      shown = attemptOf(id);
      if (!sink.chunk(id, json)) finish(() => undefined);
    },
    broken: (failure, origin) => {
      finish(() => {
        sink.failed(failure, { ...origin, durability });
      });
    },
    ended: (end) => {
      // A later attempt was made by another process: what it said is in the journal only.
      if (!over && end.failure === undefined && shown === undefined && end.origin.attempts > 0) {
        over = true;
        detach();
        deliverJournal(delivery);
        return;
      }
      finish(() => {
        closeStream(sink, end, shown, durability);
      });
    },
  });
  if (over) detach();
  return () => {
    finish(() => undefined);
  };
}
