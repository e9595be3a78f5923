/** `holdfast batch` and `holdfast requests`, as processes, against a running gateway. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MASTER_KEY, startGateway, type Gateway } from '../../support/gateway.ts';
import { holdfast, type Ended } from './command.ts';

let folder: string;
let gateway: Gateway;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-cli-'));
  gateway = await startGateway({
    config: { model_list: [{ model_name: 'mock', litellm_params: { model: 'mock/plain' } }] },
  });
});

afterAll(async () => {
  await gateway?.close();
  await rm(folder, { recursive: true, force: true });
});

async function run(...args: string[]): Promise<Ended> {
  return holdfast(args, { HOLDFAST_URL: gateway.url, HOLDFAST_API_KEY: MASTER_KEY });
}

async function input(name: string, ...lines: string[]): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, lines.join('\n'));
  return file;
}

function line(customId: string, model = 'mock'): string {
  const body = { model, messages: [{ role: 'user', content: customId }] };
  return JSON.stringify({ custom_id: customId, method: 'POST', url: '/v1/chat/completions', body });
}

describe('holdfast batch', () => {
  it('has a file answered, and fetches the results', async () => {
    const file = await input('good.jsonl', line('a'), line('b'));
    const submitted = await run('batch', 'submit', file, '--watch', '--json');
    expect(submitted).toMatchObject({ code: 0, stderr: '' });
    const batch = JSON.parse(submitted.stdout) as { id: string };
    expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 2, completed: 2, failed: 0 } });

    const status = await run('batch', 'status', batch.id);
    expect(status.stdout).toContain(`${batch.id} · completed · 2 of 2 answered`);
    const to = join(folder, 'out.jsonl');
    expect(await run('batch', 'download', batch.id, '-o', to)).toMatchObject({ code: 0, stdout: `${to}\n` });
    const results = (await readFile(to, 'utf8')).trim().split('\n');
    expect(results.map((one) => (JSON.parse(one) as { custom_id: string }).custom_id)).toEqual(['a', 'b']);
    const none = await run('batch', 'download', batch.id, '--errors');
    expect(none).toMatchObject({ code: 1, stderr: `${batch.id} is completed and has no error file.\n` });
    expect((await run('batch', 'cancel', batch.id)).stdout).toContain('completed');
  });

  it('has a table answered by a template', async () => {
    const table = await input('in.csv', 'word', 'one', 'two');
    const template = await input(
      'template.json',
      JSON.stringify({ model: 'mock', messages: [{ role: 'user', content: '{{word}}' }] }),
    );
    const submitted = await run('batch', 'submit', table, '--template', template, '--watch');
    expect(submitted.code).toBe(0);
    expect(submitted.stdout).toContain('2 of 2 answered');
  });

  it('says which lines are wrong', async () => {
    const file = await input('bad.jsonl', line('a'), line('a'));
    const { code, stdout } = await run('batch', 'submit', file, '--watch');
    expect(code).toBe(1);
    expect(stdout).toContain("line 2: The custom_id 'a' is used twice.");
  });

  it.each([
    [['batch', 'submit', '/nowhere.jsonl'], /cannot be read \(ENOENT\)/],
    [['batch', 'status', 'batch_nobody'], /404: No batch found/],
    [['batch', 'status', 'x', '--url', 'http://127.0.0.1:1'], /cannot be reached/],
    [['batch', 'status', 'x', '--key', 'sk-wrong'], /^401: /],
  ])('says what is wrong with %j', async (args, words) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(words);
  });
});

describe('holdfast requests', () => {
  it('lists, shows and cancels them', async () => {
    const listed = await run('requests', 'list', '--status', 'completed', '--json');
    const { data } = JSON.parse(listed.stdout) as { data: { id: string }[] };
    const id = data[0]?.id ?? '';
    expect((await run('requests', 'list', '--limit', '1')).stdout).toContain(' · completed · mock · 1 attempt');
    expect((await run('requests', 'show', id)).stdout).toContain('attempt 1 · ');
    expect((await run('requests', 'cancel', id)).stdout).toContain(`${id} · `);
  });
});
