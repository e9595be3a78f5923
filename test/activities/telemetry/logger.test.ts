import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { createLogger, parseLogLevel, scrub, type Logger } from '../../../activities/telemetry/logger.ts';

let folder: string;
let file: string;
let descriptor: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-log-'));
  file = join(folder, 'log');
  descriptor = openSync(file, 'w');
});
afterEach(() => {
  closeSync(descriptor);
  rmSync(folder, { recursive: true });
});

function written(use: (log: Logger) => void, pretty = false): string {
  use(createLogger({ level: 'info', pretty, descriptor }));
  return readFileSync(file, 'utf8');
}

describe('the log', () => {
  it('writes one JSON line with level, time and fields', () => {
    const entry = JSON.parse(written((log) => log.info({ port: 4000 }, 'listening'))) as Record<string, unknown>;
    expect(entry).toMatchObject({ level: 'info', port: 4000, msg: 'listening' });
    expect(new Date(String(entry['time'])).getFullYear()).toBeGreaterThan(2000);
  });

  it('keeps what callers and models say, and credentials, out of it, however they get there', () => {
    const text = written((log) => {
      log.warn({ body: 'SECRET-A', messages: [{ content: 'SECRET-B' }], headers: { authorization: 'SECRET-C' } }, 'a');
      log.warn({ request: { deep: { deeper: 'SECRET-D' }, apiKey: 'SECRET-E' } }, 'b');
      log.warn({ err: Object.assign(new Error('401 for Bearer SECRET-F-0123456789'), { response: 'SECRET-G' }) }, 'c');
      log.warn('the key sk-SECRET-H-0123456789 and postgres://me:SECRET-I@host/db');
      log.child({ token: 'SECRET-J' }).warn('d');
    });
    expect(text.match(/SECRET-\w/g)).toBeNull();
    expect(text).toContain('[redacted]');
  });

  it('says what failed and why', () => {
    const error = new Error('outer', { cause: new Error('inner') });
    const entry = JSON.parse(written((log) => log.error({ err: error }, 'it failed'))) as {
      err: Record<string, string>;
    };
    expect(entry.err).toMatchObject({ type: 'Error', message: 'outer', cause: 'Error: inner' });
    expect(entry.err['stack']).toContain('logger.test.ts');
  });

  it('bounds what one entry may hold', () => {
    expect(written((log) => log.info({ words: 'x'.repeat(1_000_000) }, 'long')).length).toBeLessThan(2_000);
  });

  it('is a short line on a terminal', () => {
    const line = stripVTControlCharacters(
      written((log) => log.warn({ port: 4000, why: 'two words' }, 'careful'), true),
    );
    expect(line).toMatch(/^\d\d:\d\d:\d\d warn {2}careful port=4000 why="two words"\n$/);
  });
});

describe('levels', () => {
  it("are understood by LiteLLM's names and by ours", () => {
    expect(['DEBUG', 'INFO', 'WARNING', 'Error', 'CRITICAL', 'trace', 'nonsense'].map(parseLogLevel)).toEqual([
      'debug',
      'info',
      'warn',
      'error',
      'fatal',
      'trace',
      undefined,
    ]);
  });
});

describe('scrubbing of free text', () => {
  it.each([
    ['Authorization: Bearer abc.def-123456', 'Authorization: Bearer [redacted]'],
    ['key sk-proj-abcdef123456 is wrong', 'key sk-[redacted] is wrong'],
    ['connect postgres://me:pass@host:5432/db', 'connect postgres://me:[redacted]@host:5432/db'],
    ['GET https://host/path?key=abc123&x=1', 'GET https://host/path?key=[redacted]&x=1'],
    ['nothing to hide at http://host:80/path', 'nothing to hide at http://host:80/path'],
  ])('%s', (text, clean) => {
    expect(scrub(text)).toBe(clean);
  });
});
