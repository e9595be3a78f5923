/** The callers' files, each tenant's its own. */
import { openFileWriter } from '../activities/store/file-writer.ts';
import { findFile, listFiles, readFileChunks, removeFile, type FileRow } from '../activities/store/files.ts';
import type { Database } from '../activities/store/pool.ts';
import type { Caller } from './dispatch.ts';
import { createRequestId } from './middleware/request-id.ts';
import type { FileRecord, FileStore } from './routes/file-store.ts';

export function createFileStore(database: Database): FileStore {
  const find = async (id: string, caller: Caller): Promise<FileRow | undefined> => {
    const row = await findFile(database, id);
    return row !== undefined && (caller.operator || row.tenant === caller.tenant) ? row : undefined;
  };
  return {
    begin: async (filename, { tenant }) => {
      const id = createRequestId().replace('req_', 'file-');
      const writer = await openFileWriter(database, { id, tenant, filename, purpose: '' });
      return { ...writer, finish: async (end) => toRecord(await writer.finish(end)) };
    },
    get: async (id, caller) => {
      const row = await find(id, caller);
      return row && toRecord(row);
    },
    list: async ({ limit, ...filter }, caller) => {
      const tenant = caller.operator ? {} : { tenant: caller.tenant };
      const rows = await listFiles(database, { ...filter, ...tenant, limit: limit + 1 });
      return { data: rows.slice(0, limit).map(toRecord), hasMore: rows.length > limit };
    },
    remove: async (id, caller) => (await find(id, caller)) !== undefined && removeFile(database, id),
    read: (id) => readFileChunks(database, id),
  };
}

function toRecord(row: FileRow): FileRecord {
  return {
    id: row.id,
    filename: row.filename,
    purpose: row.purpose,
    bytes: row.bytes,
    createdAtMs: row.createdAt.getTime(),
    ...(row.expiresAt === undefined ? {} : { expiresAtMs: row.expiresAt.getTime() }),
  };
}
