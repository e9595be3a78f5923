/** The beginning of a stream, held back until the first word: while nothing was shown, another attempt can still take over unseen. */

/** `openers`: types of frames that come before the first word. Gives the frames that may be shown now, in order. */
export function createHold(openers: ReadonlySet<unknown>): (type: string, frame: string) => readonly string[] {
  let held: string[] | undefined = [];
  return (type, frame) => {
    if (held === undefined) return [frame];
    held.push(frame);
    if (openers.has(type)) return [];
    const frames = held;
    held = undefined;
    return frames;
  };
}
