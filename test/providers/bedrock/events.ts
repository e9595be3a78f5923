/** Converse's events and those of `invoke`, as the frame reader hands them over. */
import type { WireEvent } from '../../../providers/provider.ts';
import { event, linesOf } from '../streams.ts';

/** `{"contentBlockDelta":{…}}` → an event of that name. */
export function converseEvents(lines: readonly string[]): WireEvent[] {
  return lines.flatMap((line) =>
    Object.entries(JSON.parse(line) as Record<string, unknown>).map(([name, data]) => event(data, name)),
  );
}

export function converseFixture(path: string): WireEvent[] {
  return converseEvents(linesOf(path));
}

export function chunkEvents(frames: readonly object[]): WireEvent[] {
  return frames.map((frame) =>
    event({ bytes: Buffer.from(JSON.stringify(frame)).toString('base64'), p: 'abcdef' }, 'chunk'),
  );
}
