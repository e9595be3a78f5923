/** Tables as inputs of batches. */
import { describe, expect, it } from '@jest/globals';
import { csvLines } from '../../../activities/batch/csv-lines.ts';
import type { Line } from '../../../activities/batch/split-lines.ts';

async function* pieces(text: string): AsyncGenerator<Buffer> {
  for (const byte of Buffer.from(text)) yield Promise.resolve(Buffer.from([byte]));
}

async function read(text: string, template: Readonly<Record<string, unknown>>): Promise<readonly Line[]> {
  const lines: Line[] = [];
  const options = { endpoint: '/v1/embeddings', maxLineBytes: 100 };
  for await (const line of csvLines(pieces(text), template, options)) lines.push(line);
  return lines;
}

const TEMPLATE = { model: 'm', input: ['{{ a }} and {{b}}', 7] };

function request(customId: string, words: string): string {
  const body = { model: 'm', input: [words, 7] };
  return JSON.stringify({ custom_id: customId, method: 'POST', url: '/v1/embeddings', body });
}

describe('a table', () => {
  it('fills the template row by row, whatever its cells hold', async () => {
    expect(await read('\uFEFFa,b\r\n1,"x, ""y""\nz"\r\n\r\n{{b}},ü\r\n', TEMPLATE)).toEqual([
      { n: 3, text: request('row-1', '1 and x, "y"\nz') },
      { n: 5, text: request('row-2', '{{b}} and ü') },
    ]);
  });

  it('may name its rows', async () => {
    expect(await read('custom_id,a,b\nfirst,1,2\n', TEMPLATE)).toEqual([{ n: 2, text: request('first', '1 and 2') }]);
  });

  it.each([
    ['a\n1\n', 1, "no column 'b'"],
    ['a,b\n1,2\n3\n', 3, 'cannot be read'],
    ['a,b\n"1,2\n', 2, 'cannot be read'],
    [`a,b\n${'x'.repeat(200)},1\n`, 2, 'cannot be read'],
  ])('that is wrong is refused by the place: %j', async (text, n, words) => {
    const lines = await read(text, TEMPLATE);
    expect(lines.at(-1)).toEqual({ n, problem: expect.stringContaining(words) });
  });
});
