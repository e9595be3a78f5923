/** The most that a request can count: what is never less than what is charged. */
import { describe, expect, it } from '@jest/globals';
import { imageVariants, largestSizes } from '../../activities/pricing-sizes.ts';

describe('the largest size', () => {
  it('of texts is their bytes', () => {
    expect(largestSizes('embeddings', { input: 'é'.repeat(100) }).promptTokens).toBeGreaterThanOrEqual(200);
  });

  it('of a rerank counts the query with every document, and a search for every hundred of them', () => {
    const body = { query: 'q'.repeat(50), documents: Array.from({ length: 250 }, () => 'd') };
    const { promptTokens, units } = largestSizes('rerank', body);
    expect(promptTokens).toBeGreaterThanOrEqual(250 * 51);
    expect(units?.queries).toBeGreaterThanOrEqual(3);
  });

  it('of pictures follows number and size', () => {
    expect(largestSizes('images', { prompt: 'p', n: 3, size: '1024x1792' }).units).toEqual({
      images: 3,
      pixels: 3 * 1024 * 1792,
    });
    expect(largestSizes('images', { prompt: 'p' }).units).toEqual({ images: 1, pixels: 1536 * 1024 });
    const edit = largestSizes('imageEdits', { prompt: 'p', image: [{}, {}] });
    expect(edit.promptTokens).toBeGreaterThan(largestSizes('images', { prompt: 'p' }).promptTokens);
  });

  it('of sound is longer than any recording in so many bytes', () => {
    const base64 = Buffer.alloc(64_000).toString('base64');
    // 64 kB are 4 s at 128 kbit/s, and more than a minute of packed telephone sound.
    expect(largestSizes('transcription', { file: { base64 } }).units?.seconds).toBeGreaterThanOrEqual(64);
    expect(largestSizes('speech', { input: 'x'.repeat(10) }).units).toEqual({ characters: 10, seconds: 10 });
  });

  it('names rows of the price list, the most exact first', () => {
    expect(imageVariants({ quality: 'hd', size: '1024x1792' })).toEqual(['hd/1024-x-1792', '1024-x-1792']);
    expect(imageVariants({})).toEqual(['standard/1024-x-1024', '1024-x-1024']);
  });
});
