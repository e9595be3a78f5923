/** A migrated database of one's own, cloned from the run's template in milliseconds. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import pg from 'pg';
import { withDatabase } from './database-url.ts';
import { addEvidence, hasFailed } from './evidence.ts';
import { ask } from './suite.ts';

export type TestDatabase = { readonly url: string; readonly name: string; drop(): Promise<void> };

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

export async function createDatabase(options: { readonly migrated?: boolean } = {}): Promise<TestDatabase> {
  const { url, template } = await ask('/postgres');
  const name = `test_${randomBytes(6).toString('hex')}`;
  const source = options.migrated === false ? 'template0' : template;
  await administer(url, `create database ${name} template ${source}`);
  const own = withDatabase(url, name);
  addEvidence(`database ${own}`);
  return { url: own, name, drop: () => administer(url, `drop database if exists ${name} with (force)`) };
}

/** For a whole file: dropped after it, unless a test failed; then the run's directory is kept, and the data with it. */
export function useDatabase(): () => Promise<TestDatabase> {
  let database: Promise<TestDatabase> | undefined;
  afterAll(async () => {
    if (database === undefined) return;
    if (!hasFailed()) await (await database).drop();
    else await keepHome();
  });
  return () => (database ??= createDatabase());
}

/** The broker does not remove a home that says `failed`. */
export async function keepHome(): Promise<void> {
  const { home } = await ask('/home');
  writeFileSync(join(home, 'failed'), '');
}
