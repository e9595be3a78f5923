/** Group commit: whoever wants the same statement at the same time shares one round trip and one commit. */
import { isTransient } from './pool.ts';

export type GroupOptions<Item, Result> = {
  /** Writes all items; answers in their order. */
  readonly write: (items: readonly Item[]) => Promise<readonly Result[]>;
  readonly maxItems: number;
  /** Writes under way at once. More would make groups smaller, and each commit costs the same however many ride on it. */
  readonly maxInFlight: number;
};

type Waiter<Item, Result> = {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
};

/** A lone item is written at once; under load items wait for the write before them, at most one write's duration. */
export function createGroup<Item, Result>(options: GroupOptions<Item, Result>): (item: Item) => Promise<Result> {
  const waiting: Waiter<Item, Result>[] = [];
  let inFlight = 0;
  let scheduled = false;

  const pump = (): void => {
    scheduled = false;
    while (waiting.length > 0 && inFlight < options.maxInFlight) {
      const group = waiting.splice(0, options.maxItems);
      inFlight += 1;
      void write(group);
    }
  };

  const write = async (group: readonly Waiter<Item, Result>[]): Promise<void> => {
    try {
      const results = await options.write(group.map((waiter) => waiter.item));
      group.forEach((waiter, index) => {
        waiter.resolve(results[index] as Result);
      });
    } catch (error) {
      // One item that the database refuses must not take its neighbours down with it.
      if (group.length > 1 && !isTransient(error)) await Promise.all(group.map(async (waiter) => writeAlone(waiter)));
      else for (const waiter of group) waiter.reject(error);
    } finally {
      inFlight -= 1;
      pump();
    }
  };

  const writeAlone = async (waiter: Waiter<Item, Result>): Promise<void> => {
    try {
      const [result] = await options.write([waiter.item]);
      waiter.resolve(result as Result);
    } catch (error) {
      waiter.reject(error);
    }
  };

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (scheduled || inFlight >= options.maxInFlight) return;
      scheduled = true;
      // After the input of this turn of the event loop has been handled: requests that arrived together are written together.
      setImmediate(pump);
    });
}
