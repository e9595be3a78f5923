/** Bytes to lines, wherever the pieces are cut. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { splitLines, type Line } from '../../../activities/batch/split-lines.ts';

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += size) yield Promise.resolve(bytes.subarray(from, from + size));
}

async function split(text: string | Buffer, size = 7, max = 1_000): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for await (const line of splitLines(pieces(Buffer.from(text), size), max)) lines.push(line);
  return lines;
}

describe('lines', () => {
  it('are numbered as an editor does, without blank ones, line ends of any kind and the mark at the beginning', async () => {
    expect(await split('\uFEFFa\r\n\n  \nb\nc')).toEqual([
      { n: 1, text: 'a' },
      { n: 4, text: 'b' },
      { n: 5, text: 'c' },
    ]);
  });

  it('are the same however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => JSON.stringify(text))),
        fc.integer({ min: 1, max: 20 }),
        async (texts, size) => {
          const lines = await split(texts.join('\n'), size, 1_000_000);
          expect(lines).toEqual(texts.map((text, at) => ({ n: at + 1, text: text.trim() })));
        },
      ),
    );
  });

  it('that are no text are named, and one that is too long ends the reading', async () => {
    expect(await split(Buffer.from([0x61, 0x0a, 0xff, 0x0a, 0x62]))).toMatchObject([
      { n: 1, text: 'a' },
      { n: 2, problem: expect.stringContaining('UTF-8') },
      { n: 3, text: 'b' },
    ]);
    expect(await split('a\n' + 'x'.repeat(100) + '\nb', 10, 20)).toMatchObject([
      { n: 1, text: 'a' },
      { n: 2, problem: expect.stringContaining('longer than') },
    ]);
  });
});
