/** Calls at once to one deployment, in this process: those beyond its limit wait their turn. */
import type { Failure } from '../providers/protocol/errors.ts';
import type { CallResult, RunningCall } from './call.ts';

export type Slots = {
  /** Begins the call at once, or when one before it has ended. Waiting counts towards `timeoutMs`. */
  begin(id: string, limit: number | undefined, timeoutMs: number, call: () => RunningCall): RunningCall;
};

type Queue = { running: number; readonly waiting: (() => void)[] };

export function createSlots(): Slots {
  const queues = new Map<string, Queue>();

  const leave = (id: string, queue: Queue): void => {
    const next = queue.waiting.shift();
    if (next !== undefined) {
      next();
      return;
    }
    queue.running -= 1;
    if (queue.running === 0) queues.delete(id);
  };

  return {
    begin: (id, limit, timeoutMs, call) => {
      if (limit === undefined) return call();
      const queue = queues.get(id) ?? { running: 0, waiting: [] };
      queues.set(id, queue);
      const running = (): RunningCall => {
        const begun = call();
        void begun.result.then(() => {
          leave(id, queue);
        });
        return begun;
      };
      if (queue.running < limit) {
        queue.running += 1;
        return running();
      }
      return wait(queue, timeoutMs, running);
    },
  };
}

function wait(queue: Queue, timeoutMs: number, call: () => RunningCall): RunningCall {
  let begun: RunningCall | undefined;
  let end: (result: CallResult) => void = () => undefined;
  const result = new Promise<CallResult>((resolve) => {
    end = resolve;
  });
  const giveUp = (failure: Failure): void => {
    const place = queue.waiting.indexOf(turn);
    if (place !== -1) queue.waiting.splice(place, 1);
    clearTimeout(timer);
    end({ kind: 'failed', failure: { ...failure, billed: 'no' } });
  };
  const turn = (): void => {
    clearTimeout(timer);
    begun = call();
    void begun.result.then(end);
  };
  const timer = setTimeout(() => {
    giveUp({
      code: 'no_deployment_available',
      message: `The deployment had no room for another call within ${timeoutMs} ms.`,
      retryAfterMs: 1_000,
      billed: 'no',
    });
  }, timeoutMs);
  queue.waiting.push(turn);
  return {
    result,
    abort: (failure) => {
      if (begun === undefined) giveUp(failure);
      else begun.abort(failure);
    },
  };
}
