/**
 * Workflow code must be able to continue every history that an earlier version began. `HOLDFAST_RECORD=version` writes the histories of
 * today's code to `test/histories`, to be replayed by every later version.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { locateTemporalCli } from '../../activities/embedded/temporal-cli.ts';
import { bundleWorkflows } from '../../activities/workflow-bundle.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';
import { waitFor } from '../support/wait.ts';
import { configOf, WAYS } from './ways.ts';

const HISTORIES = fileURLToPath(new URL('../histories/', import.meta.url));
const SOURCES = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));

let bundle: Awaited<ReturnType<typeof bundleWorkflows>>;

beforeAll(async () => {
  const nothing = (): void => undefined;
  Runtime.install({
    logger: { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing },
  });
  bundle = await bundleWorkflows(SOURCES);
});

async function replay(history: unknown, workflowBundle: WorkflowBundle = bundle): Promise<void> {
  await Worker.runReplayHistory({ workflowBundle, replayName: 'replay' }, history);
}

function stored(file: string): unknown {
  return JSON.parse(readFileSync(HISTORIES + file, 'utf8')) as unknown;
}

describe('stored histories', () => {
  const files = readdirSync(HISTORIES).filter((file) => file.endsWith('.json'));

  it('exist for every way a request can go', () => {
    for (const way of Object.keys(WAYS)) expect(files.some((file) => file.startsWith(`${way}.`))).toBe(true);
  });

  it.each(files)('%s is continued by the present code', async (file) => {
    await replay(stored(file));
  });

  it('betray a decision that was changed without a patch', async () => {
    const { code } = bundle;
    // A give-up instead of every retry: the history has a timer or a call where this code ends the request.
    const changed = code.replace(
      'function retry(situation, last, group) {',
      'function retry(situation, last, group) { return undefined;',
    );
    expect(changed).not.toBe(code);
    const file = files.find((name) => name.startsWith('chatCompletion.retried.')) ?? '';
    await expect(replay(stored(file), { ...bundle, code: changed })).rejects.toThrow(/[Nn]ondeterminism/);
  });
});

describe("today's histories", () => {
  let upstream: Upstream;
  let gateway: Gateway;
  let client: Client;
  let connection: Connection;

  beforeAll(async () => {
    upstream = await startUpstream();
    gateway = await startGateway({ config: configOf(upstream) });
    connection = await Connection.connect({ address: gateway.temporalAddress });
    client = new Client({ connection });
  });

  afterAll(async () => {
    await connection?.close();
    await gateway?.close();
    await upstream?.stop();
  });

  beforeEach(() => upstream.reset());

  /** By the CLI, whose JSON is what Temporal's tools exchange. */
  async function store(workflowId: string, file: string): Promise<void> {
    const cli = (await locateTemporalCli(process.env, HISTORIES)) ?? 'temporal';
    const json = execFileSync(cli, [
      'workflow',
      'show',
      '--address',
      gateway.temporalAddress,
      '-w',
      workflowId,
      '-o',
      'json',
    ]);
    writeFileSync(HISTORIES + file, json);
  }

  it.each(Object.entries(WAYS))('%s is told, and replays', async (name, way) => {
    const workflowId = await way({ gateway, upstream, client });
    const handle = client.workflow.getHandle(workflowId);
    await waitFor('the workflow to end', async () => (await handle.describe()).status.name === 'COMPLETED');
    const history = await handle.fetchHistory();
    await replay(history);
    const record = process.env['HOLDFAST_RECORD'];
    if (record !== undefined) await store(workflowId, `${name}.${record}.json`);
  });
});
