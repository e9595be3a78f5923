/** Gathers one stream's chunks into journal batches: written when they are 4 KB or 100 ms old, one write at a time. */
import type { JournalBatch } from './store/journal.ts';

const MAX_CHARS = 4_096;
const MAX_WAIT_MS = 100;

export type JournalWriter = {
  /** `textChars`: what of it is the answer itself. */
  add(id: number, json: string, textChars: number): void;
  /** Resolves when everything added so far is committed. Errors: what the database said. */
  flush(): Promise<void>;
};

export function createJournalWriter(options: {
  readonly id: string;
  readonly n: number;
  readonly owner: string;
  readonly append: (batch: JournalBatch) => Promise<void>;
}): JournalWriter {
  const { id, n, owner, append } = options;
  let firstId = 0;
  let lastId = 0;
  let lines: string[] = [];
  let chars = 0;
  let textChars = 0;
  let firstChunkMs: number | undefined;
  let writtenBefore = false;
  const startedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  const write = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (lines.length === 0) return;
    const batch: JournalBatch = {
      id,
      n,
      owner,
      firstId,
      lastId,
      chunks: lines.join('\n'),
      textChars,
      ...(firstChunkMs === undefined || writtenBefore ? {} : { firstChunkMs }),
    };
    writtenBefore = true;
    lines = [];
    chars = 0;
    textChars = 0;
    writing = writing.then(async () => append(batch));
    // Seen by `flush`; without this a failure before it would count as unhandled and end the process.
    writing.catch(() => undefined);
  };

  return {
    add: (chunkId, json, ofText) => {
      firstChunkMs ??= Math.round(performance.now() - startedAt);
      textChars += ofText;
      if (lines.length === 0) firstId = chunkId;
      lastId = chunkId;
      lines.push(json);
      chars += json.length;
      if (chars >= MAX_CHARS) write();
      else timer ??= setTimeout(write, MAX_WAIT_MS);
    },
    flush: async () => {
      write();
      await writing;
    },
  };
}
