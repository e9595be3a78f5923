/** Who waits in this process for more of which stream: rung when something was journaled, here or elsewhere. */

export type Bell = {
  /** Resolves when it was rung since this was last awaited, at the latest after a time that makes a lost ring harmless. */
  rung(): Promise<void>;
  ring(): void;
  close(): void;
};

export type Bells = {
  /** To be opened before the first look: a ring between a look and the wait after it is kept. */
  open(id: string): Bell;
  ring(id: string): void;
  /** Rings may have been missed. */
  ringAll(): void;
};

export function createBells(patienceMs: () => number): Bells {
  const open = new Map<string, Set<Bell>>();
  return {
    open: (id) => {
      let pending = false;
      let wake: (() => void) | undefined;
      const bell: Bell = {
        rung: async () =>
          new Promise((resolve) => {
            if (pending) {
              pending = false;
              resolve();
              return;
            }
            const timer = setTimeout(() => wake?.(), patienceMs());
            wake = () => {
              clearTimeout(timer);
              wake = undefined;
              resolve();
            };
          }),
        ring: () => {
          if (wake === undefined) pending = true;
          else wake();
        },
        close: () => {
          wake?.();
          const all = open.get(id);
          all?.delete(bell);
          if (all?.size === 0) open.delete(id);
        },
      };
      const all = open.get(id) ?? new Set();
      open.set(id, all.add(bell));
      return bell;
    },
    ring: (id) => {
      for (const bell of open.get(id) ?? []) bell.ring();
    },
    ringAll: () => {
      for (const bells of open.values()) for (const bell of bells) bell.ring();
    },
  };
}
