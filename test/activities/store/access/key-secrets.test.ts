/** The mark of the pepper, as processes of one installation find it in their database. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createHashKey, isPepperOfDatabase } from '../../../../activities/store/access/key-secrets.ts';
import { createPool, type Database } from '../../../../activities/store/pool.ts';
import { useDatabase } from '../../../support/database.ts';

const databaseOf = useDatabase();
let database: Database;

beforeAll(async () => {
  database = createPool((await databaseOf()).url, () => undefined);
});

afterAll(async () => {
  await database?.end();
});

it('is made once by processes that start at the same time', async () => {
  const hashKey = createHashKey('one pepper');
  for (let round = 0; round < 30; round += 1) {
    await database.query('delete from key_secrets');
    const found = await Promise.all(Array.from({ length: 8 }, async () => isPepperOfDatabase(database, hashKey)));
    expect(found).toEqual(Array.from({ length: 8 }, () => true));
    expect((await database.query('select 1 from key_secrets')).rowCount).toBe(1);
  }
});

it('is not that of another pepper', async () => {
  await database.query('delete from key_secrets');
  expect(await isPepperOfDatabase(database, createHashKey('one pepper'))).toBe(true);
  expect(await isPepperOfDatabase(database, createHashKey('another pepper'))).toBe(false);
});
