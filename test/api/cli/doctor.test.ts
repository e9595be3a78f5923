import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase } from '../../support/database.ts';
import { ask } from '../../support/suite.ts';
import { holdfast } from './command.ts';

type Finding = { readonly check: string; readonly status: string; readonly detail: string; readonly fix?: string };

let folder: string;
let listener: Server;
let port: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-doctor-'));
  listener = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterEach(async () => {
  listener.close();
  await rm(folder, { recursive: true, force: true });
});

/** A fake CLI, so that a check of the embedded servers does not depend on what the machine has. */
async function cli(): Promise<string> {
  const file = join(folder, 'temporal');
  await writeFile(file, '#!/bin/sh\necho "temporal version 9.9.9 (Server 1.29.1, UI 2.42.1)"\n');
  await chmod(file, 0o755);
  return file;
}

async function examine(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; findings: readonly Finding[]; text: string }> {
  const { code, stdout } = await holdfast(
    ['doctor', '--json', '--port', '0', '--home', join(folder, 'home'), ...args],
    {
      TEMPORAL_CLI_PATH: await cli(),
      ...env,
    },
  );
  const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] };
  return { code, findings, text: stdout };
}

async function config(...lines: string[]): Promise<string> {
  const file = join(folder, 'config.yaml');
  await writeFile(file, lines.join('\n'));
  return file;
}

const of = (findings: readonly Finding[], check: string): Finding | undefined =>
  findings.find((finding) => finding.check === check);

describe('the doctor', () => {
  it('finds nothing wrong with a start without file, key or servers', async () => {
    const { code, findings } = await examine([]);
    expect(findings.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(code).toBe(0);
  });

  it('looks at the servers that are named and says which versions answer', async () => {
    const [{ address }, database] = await Promise.all([ask('/temporal'), createDatabase()]);
    const { findings } = await examine([], { DATABASE_URL: database.url, TEMPORAL_ADDRESS: address });
    expect(of(findings, 'database')).toMatchObject({ status: 'ok', detail: expect.stringMatching(/^PostgreSQL \d+/) });
    expect(of(findings, 'temporal')?.detail).toMatch(/^Temporal \d+\.\d+.*namespace default/);
  });

  it('fails on a namespace that does not exist and says how to create it', async () => {
    const { address } = await ask('/temporal');
    const { code, findings } = await examine([], { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'nowhere' });
    expect(of(findings, 'temporal')).toMatchObject({
      status: 'fail',
      fix: expect.stringContaining('namespace create nowhere'),
    });
    expect(code).toBe(1);
  });

  it('fails on servers that do not answer, and shows no password', async () => {
    const { code, findings, text } = await examine([], {
      DATABASE_URL: 'postgres://someone:very-secret@127.0.0.1:9/db',
      TEMPORAL_ADDRESS: '127.0.0.1:9',
    });
    expect(of(findings, 'database')).toMatchObject({ status: 'fail', fix: expect.stringContaining('DATABASE_URL') });
    expect(of(findings, 'temporal')).toMatchObject({
      status: 'fail',
      fix: expect.stringContaining('TEMPORAL_ADDRESS'),
    });
    expect(text).not.toContain('very-secret');
    expect(code).toBe(1);
  });

  it('tells a provider that can be reached from one that cannot, and from one without a credential', async () => {
    const file = await config(
      'model_list:',
      '  - model_name: there',
      `    litellm_params: { model: openai/a, api_key: sk-test-0123456789, api_base: "http://127.0.0.1:${port}/v1" }`,
      '  - model_name: gone',
      '    litellm_params: { model: openai/b, api_key: sk-test-0123456789, api_base: "http://127.0.0.1:9/v1" }',
      '  - model_name: keyless',
      '    litellm_params: { model: anthropic/c }',
    );
    const { code, findings, text } = await examine(['--config', file]);
    const providers = findings.filter(({ check }) => check === 'openai' || check === 'anthropic');
    expect(providers.map(({ check, status, detail }) => [check, status, detail])).toEqual([
      ['openai', 'ok', `127.0.0.1:${port} can be reached (there)`],
      ['openai', 'warn', '127.0.0.1:9 cannot be reached (gone): ECONNREFUSED'],
      ['anthropic', 'fail', 'no credential for keyless'],
    ]);
    expect(providers.at(-1)?.fix).toContain('ANTHROPIC_API_KEY');
    expect(text).not.toContain('sk-test');
    expect(code).toBe(1);
  });

  it('reports what is wrong with the configuration and goes on with what does not need it', async () => {
    const file = await config('model_list: 3');
    const { code, findings } = await examine(['--config', file]);
    expect(of(findings, 'config')).toMatchObject({ status: 'fail', detail: expect.stringContaining(`${file}:1:`) });
    expect(of(findings, 'home')).toMatchObject({ status: 'ok' });
    expect(code).toBe(1);
  });

  it('says what to do about a port that is taken and a home that cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    const { stdout, code } = await holdfast(['doctor', '--port', String(port), '--home', join(folder, 'file')], {
      TEMPORAL_CLI_PATH: await cli(),
    });
    expect(stdout).toMatch(/^fail +home +.*is not a folder\n +→ .*--home/m);
    expect(stdout).toMatch(
      new RegExp(`^fail +port +${port} on 127\\.0\\.0\\.1 cannot be listened on\\n +→ .*--port`, 'm'),
    );
    expect(code).toBe(1);
  });
});
