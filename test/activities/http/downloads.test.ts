/** What is fetched for a caller, and what is not. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDownloads, DownloadRefused, type Downloads } from '../../../activities/http/downloads.ts';
import { serveFiles, type FileServer } from './files.ts';

let server: FileServer;
let other: FileServer;
let guarded: Downloads;
let trusting: Downloads;

beforeAll(async () => {
  other = await serveFiles((_request, response) => response.end('secret'));
  server = await serveFiles((request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    if (url.pathname === '/to') response.writeHead(302, { location: url.searchParams.get('url') ?? '' }).end();
    else if (url.pathname === '/loop') response.writeHead(307, { location: '/loop' }).end();
    else if (url.pathname === '/gone') response.writeHead(404).end('no');
    else if (url.pathname === '/packed') response.writeHead(200, { 'content-encoding': 'gzip' }).end('x');
    else if (url.pathname === '/endless') {
      response.writeHead(200, { 'content-type': 'image/png' });
      const more = (): void => {
        if (!response.destroyed) response.write('x'.repeat(1000), more);
      };
      more();
    } else if (url.pathname === '/never') response.writeHead(200).write('x');
    else response.writeHead(200, { 'content-type': 'Image/PNG; charset=x' }).end('picture');
  });
  guarded = createDownloads();
  trusting = createDownloads({ validate: true, allowedHosts: [server.host] });
});

afterAll(async () => {
  await Promise.all([guarded.close(), trusting.close(), server.close(), other.close()]);
});

const limits = (left = 10_000, signal: AbortSignal = new AbortController().signal) => ({ left, signal });

async function refusal(downloads: Downloads, url: string, left?: number): Promise<string> {
  return downloads.download(url, limits(left)).then(
    () => 'not refused',
    (error: unknown) => {
      expect(error).toBeInstanceOf(DownloadRefused);
      return (error as DownloadRefused).message;
    },
  );
}

describe('without a word in the configuration', () => {
  it.each([
    'https://127.0.0.1/x',
    'https://2130706433/x',
    'https://0x7f.1/x',
    'https://[::1]/x',
    'https://[::ffff:169.254.169.254]/latest/meta-data',
    'https://localhost/x',
    'https://169.254.169.254/latest/meta-data',
  ])('%s is not fetched, because its address is not public', async (url) => {
    expect(await refusal(guarded, url)).toBe('its address is not public');
  });

  it('only https is fetched', async () => {
    for (const url of [server.url('/x'), 'file:///etc/passwd', 'ftp://a.test/x', 'data:text/plain,x'])
      expect(await refusal(guarded, url)).toBe('it is not an https URL');
    expect(server.asked).toEqual([]);
  });

  it('a URL with a password is not fetched', async () => {
    expect(await refusal(guarded, 'https://user:word@example.test/')).toBe('it holds a user name or a password');
  });

  it('a name that does not resolve is said to be out of reach', async () => {
    expect(await refusal(guarded, 'https://nowhere.invalid/x')).toMatch(/^its server cannot be reached \(\w+\)$/);
  });
});

describe('from an allowed host', () => {
  it('comes the file with its media type', async () => {
    const { mediaType, bytes } = await trusting.download(server.url('/a.png'), limits());
    expect(mediaType).toBe('image/png');
    expect(Buffer.from(bytes).toString()).toBe('picture');
  });

  it('redirects are followed, and each target is checked anew', async () => {
    const to = (url: string): string => server.url(`/to?url=${encodeURIComponent(url)}`);
    const { bytes } = await trusting.download(to('/b'), limits());
    expect(Buffer.from(bytes).toString()).toBe('picture');
    expect(await refusal(trusting, to(other.url('/')))).toBe('it is not an https URL');
    expect(await refusal(trusting, to(`https://${other.host}/`))).toBe('its address is not public');
    expect(await refusal(trusting, to('file:///etc/passwd'))).toBe('it is not an https URL');
    expect(await refusal(trusting, to('http://'))).toBe('it redirects to nowhere');
    expect(await refusal(trusting, server.url('/loop'))).toBe('it redirects too often');
    expect(other.asked).toEqual([]);
  });

  it('nothing comes that is too large, whether its size was announced or not', async () => {
    expect(await refusal(trusting, server.url('/a.png'), 6)).toBe('it is too large');
    expect(await refusal(trusting, server.url('/endless'), 100_000)).toBe('it is too large');
  });

  it('errors and compressed files are no files', async () => {
    expect(await refusal(trusting, server.url('/gone'))).toBe('its server answered with HTTP 404');
    expect(await refusal(trusting, server.url('/packed'))).toBe('its server sends it compressed');
  });

  it('a download ends with the call it belongs to', async () => {
    const call = new AbortController();
    const download = trusting.download(server.url('/never'), limits(100, call.signal));
    call.abort(new Error('the call was cancelled'));
    await expect(download).rejects.toThrow('the call was cancelled');
  });
});

it('validation can be switched off as a whole', async () => {
  const open = createDownloads({ validate: false, allowedHosts: [] });
  const { bytes } = await open.download(server.url('/c'), limits());
  expect(Buffer.from(bytes).toString()).toBe('picture');
  await open.close();
});
