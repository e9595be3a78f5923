/** The upstream's timing travels in the model's name, so that any gateway can carry it without knowing it. */

export type Timing = {
  /** From the request's last byte to the answer, or to a stream's first chunk. */
  readonly delayMs: number;
  readonly chunks: number;
  readonly gapMs: number;
};

export const modelName = (timing: Timing): string => `bench-${timing.delayMs}-${timing.chunks}-${timing.gapMs}`;

/** Undefined for a name this bench did not make. */
export const parseModelName = (name: string): Timing | undefined => {
  const match = /bench-(\d+)-(\d+)-(\d+)$/.exec(name);
  if (match === null) return undefined;
  return { delayMs: Number(match[1]), chunks: Number(match[2]), gapMs: Number(match[3]) };
};
