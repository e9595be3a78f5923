/** What an operator sees of requests in the Temporal UI and finds with the Temporal CLI. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { chat, get, post } from '../support/ask.ts';
import { BROWSER_WITHIN_MS, screenshot, shows } from '../support/browser.ts';
import { MASTER_KEY } from '../support/gateway.ts';
import type { Script } from '../support/upstream.ts';
import { waitFor } from '../support/wait.ts';
import { install, PROVIDER_KEY, type Installation } from './installation.ts';

const PROMPT = 'Where does the heron nest?';
const ANSWER = 'Above the old mill.';
const SECRETS = [PROMPT, ANSWER, PROVIDER_KEY, MASTER_KEY];
const UNAVAILABLE: Script = { status: 503, body: { error: { message: 'come back later', type: 'server_error' } } };

let installation: Installation;
beforeAll(async () => {
  installation = await install();
}, BROWSER_WITHIN_MS);
afterAll(async () => installation?.close());
beforeEach(() => installation.upstream.always({ text: ANSWER }));

async function say(
  body: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly id: string; readonly status: number }> {
  const messages = [{ role: 'user', content: PROMPT }];
  return chat(installation.gateway.url, { model: 'gpt-4o', body: { messages, user: 'ada', ...body } });
}

async function openMetadata(page: Page): Promise<void> {
  await page
    .getByRole('link', { name: 'User Metadata' })
    .or(page.getByRole('tab', { name: 'User Metadata' }))
    .click();
}

describe('a request that failed once and was retried', () => {
  let id: string;
  beforeAll(async () => {
    installation.upstream.always({ text: ANSWER });
    installation.upstream.next(UNAVAILABLE);
    const answer = await say();
    expect(answer.status).toBe(200);
    id = answer.id;
  });

  it('has a page under its id, with its type and summary, and an activity for each attempt', async () => {
    const page = await installation.visit(await installation.temporalUrlOf(id));
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
    const page = await installation.visit(await installation.temporalUrlOf(id));
    await openMetadata(page);
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
    const { types, text } = await installation.historyOf(id);
    expect(types.at(-1)).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED');
    expect(types.filter((type) => type === 'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED')).toHaveLength(2);
    // Payloads were decoded: the failure is in there.
    expect(text).toContain('"code":"provider_unavailable"');
    expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);
  });

  it.each([
    'HoldfastModel="gpt-4o"',
    'HoldfastEndUser="ada"',
    'HoldfastKeyAlias="master" AND HoldfastStatus="completed"',
    'HoldfastDeployment="gpt-4o-east" AND HoldfastTokens > 0 AND HoldfastCostUsd > 0',
  ])('is found by %s', async (query) => installation.found(query, id));
});

it('a request that waits for its next attempt says what it waits for, and why', async () => {
  installation.upstream.always({ ...UNAVAILABLE, headers: { 'retry-after': '300' } });
  const waiting = say();
  const id = await waitFor('the request to be under way', async () => {
    const { json } = await get(installation.gateway.url, '/v1/requests?status=in_progress');
    return (json as unknown as { data: readonly { id: string }[] }).data[0]?.id;
  });
  const page = await installation.visit(await installation.uiUrl(`workflows/${id}`));
  await shows(page, [`Running ${id}`, 'Timer Started']);
  await openMetadata(page);
  await shows(page, [
    'Model gpt-4o',
    'provider_unavailable',
    'Next: openai/gpt-4o (gpt-4o-east) after a wait of 30',
    'Reason:',
  ]);
  await screenshot(page, 'temporal-waiting');
  await page.close();
  await post(installation.gateway.url, `/v1/requests/${id}/cancel`, {});
  await waiting;
  await installation.found('HoldfastStatus="cancelled"', id);
});

it('a request that was given up is found among the failed ones, and its page says what failed', async () => {
  installation.upstream.always(UNAVAILABLE);
  const { id, status } = await say({ num_retries: 1 });
  expect(status).toBe(503);
  await installation.found('HoldfastStatus="failed"', id);
  const page = await installation.visit(await installation.temporalUrlOf(id));
  await openMetadata(page);
  await shows(page, ['Outcome failed', 'Attempts 2', 'Error provider_unavailable']);
  await screenshot(page, 'temporal-failed');
  await page.close();
});

describe('a request that rode a convoy', () => {
  let id: string;
  let url: string;
  beforeAll(async () => {
    installation.upstream.always({ text: ANSWER });
    [id, url] = await waitFor('a request to ride a convoy', async () => {
      for (const ridden of await Promise.all(Array.from({ length: 40 }, () => say()))) {
        const its = await installation.temporalUrlOf(ridden.id);
        if (its.includes('/convoy_')) return [ridden.id, its] as const;
      }
      return undefined;
    });
  });

  it('is found by its id, and its history holds no prompt, answer or key', async () => {
    const workflowId = url.split('/').at(-1) ?? '';
    await installation.found(`HoldfastRequests="${id}"`, workflowId);
    const { text } = await installation.historyOf(workflowId);
    expect(text).toContain(id);
    expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);
  });

  it('is named on the page of its convoy', async () => {
    const page = await installation.visit(url);
    await shows(page, ['Completed convoy_', 'Workflow Type convoy', id, 'requests', 'calls']);
    await screenshot(page, 'temporal-convoy');
    await page.close();
  });

  it('is found in the list of workflows by its id', async () => {
    const query = encodeURIComponent(`HoldfastRequests="${id}"`);
    const page = await installation.visit(await installation.uiUrl(`workflows?query=${query}`));
    await shows(page, ['1 Workflow', url.split('/').at(-1) ?? '']);
    await screenshot(page, 'temporal-list');
    await page.close();
  });
});

describe('the whole installation', () => {
  /** Which of the texts the files below a folder hold, as bytes. */
  async function heldIn(folder: string, texts: readonly string[]): Promise<readonly string[]> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const held = new Set<string>();
    for (const entry of entries.filter((each) => each.isFile())) {
      const bytes = await readFile(join(entry.parentPath, entry.name));
      for (const text of texts) if (bytes.includes(text)) held.add(text);
    }
    return [...held];
  }

  it("keeps prompts, answers and keys out of Temporal's own files", async () => {
    const { id } = await say();
    await installation.temporalUrlOf(id);
    expect(await heldIn(join(installation.home, 'temporal'), [id, ...SECRETS])).toEqual([id]);
  });

  it('keeps them out of its log', () => {
    const log = installation.gateway.log();
    expect(log).toContain('ready after');
    expect(SECRETS.filter((secret) => log.includes(secret))).toEqual([]);
  });
});
