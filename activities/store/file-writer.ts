/** Gathers bytes into pieces of one size and writes each as soon as it is full. */
import { appendToFile, beginFile, finishFile, removeFile, type FileEnd, type FileRow, type NewFile } from './files.ts';
import type { Database } from './pool.ts';

export const FILE_CHUNK_BYTES = 256 * 1024;

export type FileWriter = {
  readonly id: string;
  /** Bytes given so far. */
  size(): number;
  write(bytes: Buffer): Promise<void>;
  finish(end: Omit<FileEnd, 'bytes'>): Promise<FileRow>;
  /** Removes what was written. */
  discard(): Promise<void>;
};

export async function openFileWriter(database: Database, file: NewFile): Promise<FileWriter> {
  await beginFile(database, file);
  const { id } = file;
  let parts: Buffer[] = [];
  let waiting = 0;
  let size = 0;
  let n = 0;
  const flush = async (leastBytes: number): Promise<void> => {
    if (waiting < leastBytes || waiting === 0) return;
    const all = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts, waiting);
    let from = 0;
    for (; all.length - from >= leastBytes && from < all.length; from += FILE_CHUNK_BYTES) {
      await appendToFile(database, id, n, all.subarray(from, from + FILE_CHUNK_BYTES));
      n += 1;
    }
    const rest = all.subarray(Math.min(from, all.length));
    parts = rest.length === 0 ? [] : [rest];
    waiting = rest.length;
  };
  return {
    id,
    size: () => size,
    write: async (bytes) => {
      parts.push(bytes);
      waiting += bytes.length;
      size += bytes.length;
      await flush(FILE_CHUNK_BYTES);
    },
    finish: async (end) => {
      await flush(1);
      return finishFile(database, id, { ...end, bytes: size });
    },
    discard: async () => {
      await removeFile(database, id);
    },
  };
}
