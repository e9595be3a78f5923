/** What the file routes ask of the store. A file of another tenant is the same as none: `undefined`. */
import type { Caller } from '../dispatch.ts';

export const PURPOSES = ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'] as const;

export type FileRecord = {
  readonly id: string;
  readonly filename: string;
  readonly purpose: string;
  readonly bytes: number;
  readonly createdAtMs: number;
  readonly expiresAtMs?: number;
};

export type Upload = {
  readonly id: string;
  size(): number;
  write(bytes: Buffer): Promise<void>;
  finish(end: { readonly purpose: string; readonly expiresAfterS?: number }): Promise<FileRecord>;
  discard(): Promise<void>;
};

export type FileStore = {
  begin(filename: string, caller: Caller): Promise<Upload>;
  get(id: string, caller: Caller): Promise<FileRecord | undefined>;
  list(
    filter: {
      readonly purpose?: string;
      readonly after?: string;
      readonly order: 'asc' | 'desc';
      readonly limit: number;
    },
    caller: Caller,
  ): Promise<{ readonly data: readonly FileRecord[]; readonly hasMore: boolean }>;
  remove(id: string, caller: Caller): Promise<boolean>;
  /** Its bytes in pieces. Whoever asks must have seen it before. */
  read(id: string): AsyncIterable<Buffer>;
};
