/** A request's stream as any process can read it: its chunks so far, who speaks in it, and a bell for when there is more. */
import type { Bell, Bells } from './bells.ts';
import { readSpeaking } from './store/attempts.ts';
import { readExtent, readJournal, type Extent, type JournaledChunk } from './store/journal.ts';
import type { Database } from './store/pool.ts';

export type StreamJournal = {
  /** The next chunks after this id, in order; none when there are no more yet. */
  read(id: string, afterId: number): Promise<readonly JournaledChunk[]>;
  /** The attempt whose chunks are worth showing. */
  speaking(id: string): Promise<number | undefined>;
  /** First and last id of what is kept; undefined when nothing is. */
  extent(id: string): Promise<Extent | undefined>;
  bell(id: string): Bell;
};

/** At a time, of some kilobytes each: a reader takes them before more is read. */
const BATCHES = 32;

export function createStreamJournal(database: Database, bells: Bells): StreamJournal {
  return {
    read: async (id, afterId) => readJournal(database, id, afterId, BATCHES),
    speaking: async (id) => readSpeaking(database, id),
    extent: async (id) => readExtent(database, id),
    bell: bells.open,
  };
}
