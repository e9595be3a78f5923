import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { banner, exampleModel, type BannerFacts } from '../../../api/cli/banner.ts';
import { loadConfig } from '../../../activities/config/load.ts';
import type { Config } from '../../../activities/config/config.ts';

function config(env: Record<string, string>, model?: string): Config {
  const loaded = loadConfig({ env, ...(model === undefined ? {} : { model }) });
  if (!loaded.ok) throw new Error('the configuration has problems');
  return loaded.config;
}

const facts = (changes: Partial<BannerFacts> = {}): BannerFacts => ({
  config: config({}),
  role: 'all',
  url: 'http://127.0.0.1:4000',
  services: { temporalUiUrl: 'http://127.0.0.1:8233' },
  key: { key: 'sk-made', path: "/home/o'brien/a b/master-key" },
  interactive: true,
  readyMs: 1234,
  ...changes,
});

describe('the banner', () => {
  it('asks for a model that answers: the first whole name, else the mock, which costs nothing', () => {
    expect(exampleModel(config({}, 'mock/one'))).toBe('mock/one');
    expect(exampleModel(config({ OPENAI_API_KEY: 'sk-x' }))).toBe('mock/hello');
  });

  it('shows a key that we made to a person, and only its file where output is collected', () => {
    expect(banner(facts())).toContain('Bearer sk-made"');
    const collected = banner(facts({ interactive: false }));
    expect(collected).not.toContain('sk-made');
    expect(collected).toContain('master-key');
  });

  it('quotes so that the pasted command reads the file whatever its path', () => {
    const text = banner(facts({ interactive: false }));
    const reading = /\$\((cat .*?)\)"/.exec(text)?.[1] ?? '';
    const words = execFileSync('bash', ['-c', `set -- ${reading}; printf '%s|' "$@"`], { encoding: 'utf8' });
    expect(words).toBe("cat|/home/o'brien/a b/master-key|");
  });

  it('says nothing about HTTP for a worker, which serves none', () => {
    const text = banner(facts({ role: 'worker' }));
    expect(text).toContain('(worker) is ready after 1.2 s');
    expect(text).not.toMatch(/curl|API|Master key/);
  });
});
