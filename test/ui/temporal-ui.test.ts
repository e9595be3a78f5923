/** What an operator sees of requests in the Temporal UI and the Temporal CLI of a gateway that was started as a user starts it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { locateTemporalCli } from '../../activities/embedded/temporal-cli.ts';
import { chat, readRequest } from '../support/ask.ts';
import { BROWSER_WITHIN_MS, openBrowser, screenshot, shows } from '../support/browser.ts';
import { addEvidence, hasFailed } from '../support/evidence.ts';
import { MASTER_KEY } from '../support/gateway.ts';
import { spawnGateway, type GatewayProcess } from '../support/gateway-process.ts';
import { ask } from '../support/suite.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';
import { waitFor } from '../support/wait.ts';

const run = promisify(execFile);

const PROVIDER_KEY = 'sk-provider-0b1c2d3e4f';
const PROMPT = 'Where does the heron nest?';
const ANSWER = 'Above the old mill.';
const SECRETS = [PROMPT, ANSWER, PROVIDER_KEY, MASTER_KEY];

let directory: string;
let upstream: Upstream;
let gateway: GatewayProcess;
let browser: Browser;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-ui-'));
  // The database refuses to run as root: the user that runs it instead must be able to reach its folder.
  await chmod(directory, 0o755);
  const opening = openBrowser();
  opening.catch(() => undefined);
  upstream = await startUpstream();
  upstream.always({ text: ANSWER });
  addEvidence(`home and log ${directory}`);
  gateway = await spawnGateway({
    main: (await ask('/build')).main,
    directory,
    masterKey: MASTER_KEY,
    // No address of a server: everything is embedded.
    env: {},
    config: {
      model_list: [
        {
          model_name: 'gpt-4o',
          litellm_params: { model: 'openai/gpt-4o', api_base: upstream.openaiUrl, api_key: PROVIDER_KEY },
          model_info: { id: 'gpt-4o-east' },
        },
      ],
      router_settings: { num_retries: 2, disable_cooldowns: true },
    },
  });
  browser = await opening;
}, BROWSER_WITHIN_MS);

afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
  await upstream?.stop();
  if (!hasFailed()) await rm(directory, { recursive: true, force: true });
});

const say = { messages: [{ role: 'user', content: PROMPT }], user: 'ada' };

/** The answer may be there before the ledger notes which workflow carried it. */
async function temporalUrlOf(id: string): Promise<string> {
  return waitFor('the address of the workflow', async () => (await readRequest(gateway.url, id)).temporal_url);
}

async function open(url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  await page.goto(url);
  return page;
}

/** What an operator would type: the CLI, against the server of this home. */
async function temporal(...args: readonly string[]): Promise<string> {
  const cli = await locateTemporalCli(process.env, join(directory, 'home'));
  if (cli === undefined) throw new Error('The gateway runs a Temporal server, but there is no Temporal CLI.');
  const state = await readFile(join(directory, 'home', 'temporal', 'server.json'), 'utf8');
  const { port } = JSON.parse(state) as { port: number };
  const { stdout } = await run(cli, [...args, '--address', `127.0.0.1:${port}`], { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** The history as the CLI prints it, and once more with every payload decoded. */
async function historyOf(workflowId: string): Promise<{ readonly types: readonly string[]; readonly text: string }> {
  const shown = await temporal('workflow', 'show', '-w', workflowId, '--output', 'json');
  const raw = await temporal('workflow', 'show', '-w', workflowId, '--output', 'json', '--no-json-shorthand-payloads');
  const { events } = JSON.parse(raw) as { events: readonly { readonly eventType: string }[] };
  const payloads = [...raw.matchAll(/"data": *"([^"]*)"/g)].map(([, data = '']) =>
    Buffer.from(data, 'base64').toString('utf8'),
  );
  return { types: events.map(({ eventType }) => eventType), text: [shown, raw, ...payloads].join('\n') };
}

/** The workflows that a query finds. New ones take a moment to be found. */
async function found(query: string, workflowId: string): Promise<void> {
  await waitFor(`${workflowId} to be found by ${query}`, async () => {
    const list = JSON.parse(await temporal('workflow', 'list', '--query', query, '--output', 'json')) as readonly {
      readonly execution: { readonly workflowId: string };
    }[];
    return list.some(({ execution }) => execution.workflowId === workflowId);
  });
}

describe('a request that failed once and was retried', () => {
  let id: string;
  beforeAll(async () => {
    upstream.next({ status: 503, body: { error: { message: 'come back later', type: 'server_error' } } });
    const answer = await chat(gateway.url, { model: 'gpt-4o', body: say });
    expect([answer.status, answer.text.includes(ANSWER)]).toEqual([200, true]);
    id = answer.id;
  });

  it('has a page under its id, with its type and summary, and an activity for each attempt', async () => {
    const page = await open(await temporalUrlOf(id));
    await shows(page, [
      `Completed ${id}`,
      'Workflow Type chatCompletion',
      'awaitFirstCall',
      'callProvider • openai/gpt-4o · attempt 2 · after 503',
      'Summary gpt-4o · master',
    ]);
    await screenshot(page, 'temporal-request');
    await page.close();
  });

  it('tells how it ended, in a table', async () => {
    const page = await open(await temporalUrlOf(id));
    await page
      .getByRole('link', { name: 'User Metadata' })
      .or(page.getByRole('tab', { name: 'User Metadata' }))
      .click();
    await shows(page, [
      'gpt-4o · master',
      'Activity openai/gpt-4o · attempt 2 · after 503',
      'Outcome completed',
      'Attempts 2',
      'Deployment gpt-4o-east',
      'Upstream openai/gpt-4o',
    ]);
    await screenshot(page, 'temporal-request-metadata');
    await page.close();
  });

  it('has a history under the x-request-id, in which nobody reads a prompt, an answer or a key', async () => {
    const { types, text } = await historyOf(id);
    expect(types.at(-1)).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED');
    expect(types.filter((type) => type === 'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED')).toHaveLength(2);
    // Payloads were decoded: the route and the failure are in there.
    expect(text).toContain('"code":"provider_unavailable"');
    expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);
  });

  it.each([
    'HoldfastModel="gpt-4o"',
    'HoldfastEndUser="ada"',
    'HoldfastKeyAlias="master" AND HoldfastStatus="completed"',
    'HoldfastDeployment="gpt-4o-east" AND HoldfastTokens > 0 AND HoldfastCostUsd > 0',
  ])('is found by %s', async (query) => found(query, id));
});

describe('a request that rode a convoy', () => {
  let id: string;
  let url: string;
  beforeAll(async () => {
    [id, url] = await waitFor('a request to ride a convoy', async () => {
      const wave = Array.from({ length: 40 }, async () => (await chat(gateway.url, { model: 'gpt-4o', body: say })).id);
      for (const each of await Promise.all(wave)) {
        const its = await temporalUrlOf(each);
        if (its.includes('/convoy_')) return [each, its] as const;
      }
      return undefined;
    });
  });

  it('is found by its id, and its history holds no prompt, answer or key', async () => {
    const workflowId = url.split('/').at(-1) ?? '';
    await found(`HoldfastRequests="${id}"`, workflowId);
    const { text } = await historyOf(workflowId);
    expect(text).toContain(id);
    expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);
  });

  it('is named on the page of its convoy', async () => {
    const page = await open(url);
    await shows(page, ['Completed convoy_', 'Workflow Type convoy', id, 'requests', 'calls']);
    await screenshot(page, 'temporal-convoy');
    await page.close();
  });

  it('is found in the list of workflows by its id', async () => {
    const list = url.slice(0, url.lastIndexOf('/'));
    const page = await open(`${list}?query=${encodeURIComponent(`HoldfastRequests="${id}"`)}`);
    await shows(page, ['1 Workflow', url.split('/').at(-1) ?? '']);
    await screenshot(page, 'temporal-list');
    await page.close();
  });
});

describe('the whole installation', () => {
  /** Files below a folder, and which of the texts they hold, as bytes. */
  async function holds(folder: string, texts: readonly string[]): Promise<readonly string[]> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const held = new Set<string>();
    for (const entry of entries.filter((each) => each.isFile())) {
      const bytes = await readFile(join(entry.parentPath, entry.name));
      for (const text of texts) if (bytes.includes(text)) held.add(text);
    }
    return [...held];
  }

  it("keeps prompts, answers and keys out of Temporal's own files", async () => {
    const { id } = await chat(gateway.url, { model: 'gpt-4o', body: say });
    await temporalUrlOf(id);
    const temporalFolder = join(directory, 'home', 'temporal');
    expect(await holds(temporalFolder, [id, ...SECRETS])).toEqual([id]);
  });

  it('keeps them out of its log', () => {
    const log = gateway.log();
    expect(log).toContain('ready after');
    expect(SECRETS.filter((secret) => log.includes(secret))).toEqual([]);
  });
});
