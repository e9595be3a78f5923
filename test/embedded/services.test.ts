import { afterEach, describe, expect, it } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { loadConfig } from '../../activities/config/load.ts';
import { isAlive } from '../../activities/embedded/process.ts';
import type { SearchAttributes } from '../../activities/embedded/search-attributes.ts';
import { startServices, type Services } from '../../activities/embedded/services.ts';
import { waitFor } from '../support/wait.ts';
import { databasePid, holdServices, killed, makeHome, removeHome, silent } from './homes.ts';

const homes: string[] = [];
const running: Services[] = [];

async function home(): Promise<string> {
  const folder = await makeHome();
  homes.push(folder);
  return folder;
}

async function start(
  folder: string,
  env: Record<string, string> = {},
  searchAttributes: SearchAttributes = {},
): Promise<Services> {
  const loaded = loadConfig({ env });
  if (!loaded.ok) throw new Error('the configuration has problems');
  const services = await startServices({ home: folder, config: loaded.config, log: silent, searchAttributes });
  running.push(services);
  return services;
}

afterEach(async () => {
  for (const services of running.splice(0)) await services.stop();
  for (const folder of homes.splice(0)) await removeHome(folder);
});

async function connects(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  await client.end();
  return true;
}

async function temporalPid(folder: string): Promise<number> {
  return (JSON.parse(await readFile(join(folder, 'temporal', 'server.json'), 'utf8')) as { pid: number }).pid;
}

async function customAttributes(address: string): Promise<readonly string[]> {
  const connection = await Connection.connect({ address });
  try {
    const { customAttributes: known } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    return Object.keys(known);
  } finally {
    await connection.close();
  }
}

describe('the servers a gateway stands on', () => {
  it('are those that the configuration names, and then nothing is started and no home is made', async () => {
    const services = await start('/nonexistent/home', {
      DATABASE_URL: 'postgres://u:p@127.0.0.1:1/db',
      TEMPORAL_ADDRESS: '127.0.0.1:2',
      TEMPORAL_UI_URL: 'http://127.0.0.1:3',
    });
    expect(services).toMatchObject({
      databaseUrl: 'postgres://u:p@127.0.0.1:1/db',
      temporalAddress: '127.0.0.1:2',
      temporalUiUrl: 'http://127.0.0.1:3',
    });
  });

  it('have the same addresses after a restart, and new search attributes although the old data have only the old ones', async () => {
    const folder = await home();
    const first = await start(folder, {}, { a: defineSearchAttributeKey('FirstOne', SearchAttributeType.KEYWORD) });
    await first.stop();
    const second = await start(
      folder,
      {},
      {
        a: defineSearchAttributeKey('FirstOne', SearchAttributeType.KEYWORD),
        b: defineSearchAttributeKey('LaterOne', SearchAttributeType.KEYWORD_LIST),
      },
    );
    const addresses = ({ databaseUrl, temporalAddress, temporalUiUrl }: Services): unknown[] => [
      databaseUrl,
      temporalAddress,
      temporalUiUrl,
    ];
    expect(addresses(second)).toEqual(addresses(first));
    expect(await customAttributes(second.temporalAddress)).toEqual(expect.arrayContaining(['FirstOne', 'LaterOne']));
  });

  it('show the workflows of the Temporal server in its web page', async () => {
    const { temporalUiUrl } = await start(await home(), { DATABASE_URL: 'postgres://127.0.0.1:1/db' });
    const page = await waitFor('the web page', async () => (await fetch(temporalUiUrl ?? '')).text());
    expect(page).toContain('<html');
  });

  it('are started again on the same addresses when they die', async () => {
    const folder = await home();
    const { databaseUrl, temporalAddress } = await start(folder);
    const before = [await databasePid(folder), await temporalPid(folder)];
    for (const pid of before) process.kill(pid, 'SIGKILL');
    await waitFor('the database', async () => (await databasePid(folder)) !== before[0] && connects(databaseUrl));
    await waitFor(
      'Temporal',
      async () => (await temporalPid(folder)) !== before[1] && customAttributes(temporalAddress),
    );
  });

  it('are all gone after the stop', async () => {
    const folder = await home();
    const services = await start(folder);
    const pids = [await databasePid(folder), await temporalPid(folder)];
    await services.stop();
    expect(await Promise.all(pids.map(isAlive))).toEqual([false, false]);
  });

  it('are taken over by the next start when the process that started them was killed', async () => {
    const folder = await home();
    const { held, child } = await holdServices(folder);
    const pids = [await databasePid(folder), await temporalPid(folder)];
    await killed(child);
    const services = await start(folder);
    expect([services.databaseUrl, services.temporalAddress]).toEqual([held.url, held.address]);
    expect([await databasePid(folder), await temporalPid(folder)]).toEqual(pids);
    await services.stop();
    expect(await Promise.all(pids.map(isAlive))).toEqual([false, false]);
  });

  it('are refused to a second gateway on the same home, with words on what to do', async () => {
    const folder = await home();
    await start(folder);
    await expect(start(folder)).rejects.toThrow(
      new RegExp(`another Holdfast \\(process ${process.pid}\\) uses .*--home.*DATABASE_URL and TEMPORAL_ADDRESS`),
    );
  });

  it('leave nothing running when one of them cannot be started', async () => {
    const folder = await home();
    const loaded = loadConfig({ env: {} });
    if (!loaded.ok) throw new Error('the configuration has problems');
    const env = { TEMPORAL_CLI_PATH: '/nonexistent/temporal' };
    const failing = startServices({ home: folder, config: loaded.config, log: silent, searchAttributes: {}, env });
    await expect(failing).rejects.toThrow(/TEMPORAL_CLI_PATH/);
    await expect(databasePid(folder)).rejects.toThrow(/ENOENT/);
    await expect(start(folder)).resolves.toHaveProperty('databaseUrl');
  });
});
