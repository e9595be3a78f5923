/** What the API tells a running workflow. */

/** The signal that stops a request; what was generated is kept and accounted. */
export const CANCEL_SIGNAL = 'cancel';

/** The signals that hold a batch and let it go on: chunks under way are finished, no further one is begun. */
export const PAUSE_SIGNAL = 'pause';
export const RESUME_SIGNAL = 'resume';

/** Where the chunks of batches wait for a process, beside the task queue of everything else. */
export function batchQueueOf(taskQueue: string): string {
  return `${taskQueue}-batch`;
}

/** The signal that delivers news at once instead of after the next wait. */
export const REPLAY_SIGNAL = 'replay';
