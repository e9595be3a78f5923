import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { holdfast } from './command.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-cli-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

async function configFile(...lines: string[]): Promise<string> {
  const file = join(folder, 'config.yaml');
  await writeFile(file, lines.join('\n'));
  return file;
}

const GOOD = ['model_list:', '  - model_name: quick', '    litellm_params:', '      model: mock/quick', ''];
const BAD = [...GOOD, 'router_settings:', '  num_retries: three', '  tiemout: 3', ''];

describe('the command line', () => {
  it('shows every command and the options of a start', async () => {
    const { code, stdout, stderr } = await holdfast(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const word of ['start', 'doctor', 'config', '--config', '--port', '--host', '--role', '--model', '--home']) {
      expect(stdout).toContain(word);
    }
  });

  it('prints its version', async () => {
    const { code, stdout } = await holdfast(['--version']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [['docter'], /unknown command 'docter'/],
    [['--prot', '1'], /unknown option '--prot'\n\(Did you mean --port\?\)/],
    [['--port', 'many'], /--port.*'many' is invalid\. expected a number from 0 to 65535/],
    [['--port', '70000'], /'70000' is invalid/],
    [['--role', 'chief'], /Allowed choices are all, api, worker/],
    [['--log-level', 'loud'], /expected trace, debug, info, warn or error/],
    [['config', 'chekc'], /unknown command 'chekc'[\s\S]*check/],
  ])('refuses %j with words and the exit code for wrong usage', async (args, words) => {
    const { code, stdout, stderr } = await holdfast(args);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toMatch(words);
  });
});

describe('config check', () => {
  it('says what a good file serves', async () => {
    const file = await configFile(...GOOD);
    const { code, stdout } = await holdfast(['config', 'check', '--config', file]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${file}: ok, 1 deployment in 1 group\n` });
  });

  it('finds the file through CONFIG_FILE_PATH', async () => {
    const file = await configFile(...GOOD);
    const { stdout } = await holdfast(['config', 'check'], { CONFIG_FILE_PATH: file });
    expect(stdout).toContain(file);
  });

  it('names place, key and nearest name of everything that is wrong', async () => {
    const file = await configFile(...BAD);
    const { code, stderr } = await holdfast(['config', 'check', '-c', file]);
    expect(code).toBe(78);
    expect(stderr).toContain(`${file}:7:3 router_settings.num_retries`);
    expect(stderr).toContain(`${file}:8:3 router_settings.tiemout`);
    expect(stderr).toContain('timeout');
  });

  it('gives the same as JSON', async () => {
    const file = await configFile(...BAD);
    const { code, stdout } = await holdfast(['config', 'check', '-c', file, '--json']);
    expect(code).toBe(78);
    const report = JSON.parse(stdout) as {
      ok: boolean;
      problems: { path: string; line: number }[];
      warnings: { path: string }[];
    };
    expect(report.ok).toBe(false);
    expect(report.problems.map(({ path, line }) => [path, line])).toEqual([['router_settings.num_retries', 7]]);
    expect(report.warnings.map(({ path }) => path)).toEqual(['router_settings.tiemout']);
  });
});

describe('a start that cannot succeed', () => {
  it('prints the problems of the configuration, and starts and creates nothing', async () => {
    const home = join(folder, 'home');
    const { code, stderr } = await holdfast(['--config', await configFile(...BAD), '--home', home]);
    expect(code).toBe(78);
    expect(stderr).toContain('router_settings.num_retries');
    await expect(readdir(home)).rejects.toThrow(/ENOENT/);
  });

  it('says that the port is taken before anything is started', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const home = join(folder, 'home');
    const { code, stderr } = await holdfast(['--port', String(port), '--home', home]);
    other.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^Port ${port} on 127\\.0\\.0\\.1 is not free .*--port`));
    await expect(readdir(home)).rejects.toThrow(/ENOENT/);
  });

  it('names the home that cannot be made', async () => {
    await writeFile(join(folder, 'file'), '');
    const { code, stderr } = await holdfast(['--port', '0', '--home', join(folder, 'file', 'home')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/cannot create the home folder .*--home or HOLDFAST_HOME/);
  });

  it('names the servers that do not answer, without their passwords', async () => {
    const { code, stderr } = await holdfast(['--port', '0', '--home', join(folder, 'home')], {
      DATABASE_URL: 'postgres://someone:very-secret@127.0.0.1:9/db',
      TEMPORAL_ADDRESS: '127.0.0.1:9',
    });
    expect(code).toBe(1);
    expect(stderr).toContain('Holdfast could not start');
    expect(stderr).toContain('127.0.0.1:9');
    expect(stderr).not.toContain('very-secret');
  });
});
