/** Work in the background: done again and again, whatever comes of it. */

export type Repeating = { readonly log: { warn(details: object, message: string): void } };

/** Repeats work with a pause between; a failure is logged and the work tried again. Returns how to stop it. */
export function every(ms: number, work: () => Promise<void>, { log }: Repeating): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const run = (): void => {
    work()
      .catch((error: unknown) => {
        if (!stopped) log.warn({ err: error }, 'background work failed and will be repeated');
      })
      .finally(() => {
        if (!stopped) timer = setTimeout(run, ms).unref();
      });
  };
  timer = setTimeout(run, ms).unref();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
