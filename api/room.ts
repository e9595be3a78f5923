/** Back-pressure: how many requests this process has accepted and not yet settled, and the queue for a place. */
import type { HoldfastSettings } from '../activities/config/config.ts';

export type Room = {
  /** Takes a place, waiting for one if need be. False when none came free in time: the request must be turned away. */
  enter(): Promise<boolean>;
  leave(): void;
};

export function createRoom(settings: () => Pick<HoldfastSettings, 'maxUnsettled' | 'maxQueueMs'>): Room {
  let inside = 0;
  const queue: ((entered: boolean) => void)[] = [];
  return {
    enter: async () => {
      const { maxUnsettled, maxQueueMs } = settings();
      if (inside < maxUnsettled) {
        inside += 1;
        return true;
      }
      return new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => {
          queue.splice(queue.indexOf(enter), 1);
          resolve(false);
        }, maxQueueMs);
        const enter = (entered: boolean): void => {
          clearTimeout(timer);
          resolve(entered);
        };
        queue.push(enter);
      });
    },
    leave: () => {
      const next = queue.shift();
      // The place passes on; the number inside stays.
      if (next === undefined) inside -= 1;
      else next(true);
    },
  };
}
