/** Whose file is whose, on a real database. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createPool, type Database } from '../../activities/store/pool.ts';
import { createFileStore } from '../../api/files.ts';
import type { Caller } from '../../api/dispatch.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let test: TestDatabase;
let database: Database;

beforeAll(async () => {
  test = await createDatabase();
  database = createPool(test.url, () => undefined);
});

afterAll(async () => {
  await database?.end();
  await test?.drop();
});

function caller(tenant: string, operator = false): Caller {
  return { tenant, operator, alias: tenant };
}

it("shows a tenant its own files only; the operator sees everybody's", async () => {
  const store = createFileStore(database);
  const upload = await store.begin('x', caller('one'));
  await upload.write(Buffer.from('abc'));
  // Not even its owner sees a file that is still being written.
  expect(await store.get(upload.id, caller('one'))).toBeUndefined();
  const { id } = await upload.finish({ purpose: 'batch' });
  expect((await store.get(id, caller('one')))?.bytes).toBe(3);
  expect(await store.get(id, caller('two'))).toBeUndefined();
  expect(await store.remove(id, caller('two'))).toBe(false);
  const list = async (who: Caller): Promise<number> => (await store.list({ order: 'asc', limit: 10 }, who)).data.length;
  expect([await list(caller('one')), await list(caller('two')), await list(caller('op', true))]).toEqual([1, 0, 1]);
  expect(await store.remove(id, caller('op', true))).toBe(true);
});

it('keeps nothing of an upload that was given up', async () => {
  const store = createFileStore(database);
  const upload = await store.begin('x', caller('one'));
  await upload.write(Buffer.alloc(600_000));
  await upload.discard();
  const { rows } = await database.query('select 1 from file_chunks where file_id = $1', [upload.id]);
  expect(rows).toEqual([]);
});
