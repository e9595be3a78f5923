/** Writes configuration files into a folder of their own and loads them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import type { Config } from '../../../activities/config/config.ts';
import { formatProblems, loadConfig, type LoadResult, type Problem } from '../../../activities/config/load.ts';
import type { ProviderTable } from '../../../activities/config/model-name.ts';

export const PROVIDERS: ProviderTable = {
  openai: { keyVariables: ['OPENAI_API_KEY'], baseUrlVariables: ['OPENAI_BASE_URL'] },
  anthropic: { keyVariables: ['ANTHROPIC_API_KEY'] },
  groq: { keyVariables: ['GROQ_API_KEY'] },
  hosted_vllm: { keyVariables: ['HOSTED_VLLM_API_KEY'], baseUrlVariables: ['HOSTED_VLLM_API_BASE'] },
  mock: { keyVariables: [] },
};

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Writes the files and returns the folder's path. */
export function writeFiles(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-config-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

export type Env = Readonly<Record<string, string>>;

/** Loads `text` as config.yaml, with further files beside it. */
export function load(text: string, env: Env = {}, others: Readonly<Record<string, string>> = {}): LoadResult {
  const folder = writeFiles({ ...others, 'config.yaml': text });
  return loadConfig({ path: join(folder, 'config.yaml'), env, providers: PROVIDERS });
}

export function loadGood(
  text: string,
  env: Env = {},
  others: Readonly<Record<string, string>> = {},
): { config: Config; warnings: readonly Problem[] } {
  const result = load(text, env, others);
  if (!result.ok) throw new Error(`expected a good configuration, found:\n${formatProblems(result.problems)}`);
  return result;
}

/** `line:column path: message`, one line per problem. */
export function problemsOf(text: string, env: Env = {}, others: Readonly<Record<string, string>> = {}): string[] {
  const result = load(text, env, others);
  if (result.ok) throw new Error('expected problems, found none');
  return result.problems.map(line);
}

export function line(problem: Problem): string {
  return `${problem.line}:${problem.column} ${problem.path}: ${problem.message}${problem.hint === undefined ? '' : ` (${problem.hint})`}`;
}

export const MODEL = `
model_list:
  - model_name: gpt-4o
    litellm_params:
      model: openai/gpt-4o
      api_key: sk-openai-secret
`;
