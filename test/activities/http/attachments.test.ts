/** URLs in messages become data, for providers that do not fetch. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inlineAttachments, MAX_ATTACHMENT_BYTES } from '../../../activities/http/attachments.ts';
import { CallAborted, CallFailed } from '../../../activities/http/client.ts';
import { createDownloads, type Downloads } from '../../../activities/http/downloads.ts';
import type { ChatMessage, ChatRequest } from '../../../providers/protocol/chat.ts';
import type { Attachment } from '../../../providers/provider.ts';
import { serveFiles, type FileServer } from './files.ts';

let server: FileServer;
let downloads: Downloads;

beforeAll(async () => {
  server = await serveFiles((request, response) => {
    const path = request.url ?? '';
    if (path.startsWith('/page')) response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
    else if (path.startsWith('/large'))
      response.writeHead(200, { 'content-type': 'image/png', 'content-length': MAX_ATTACHMENT_BYTES + 1 }).write('x');
    else if (path.startsWith('/never')) response.writeHead(200).write('x');
    else if (path.startsWith('/plain'))
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end('raw');
    else response.writeHead(200, { 'content-type': 'image/png' }).end(path);
  });
  downloads = createDownloads({ validate: true, allowedHosts: [server.host] });
});

afterAll(async () => {
  await Promise.all([downloads.close(), server.close()]);
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function inline(
  content: ChatMessage['content'],
  wanted: (one: Attachment) => boolean = () => true,
  signal: AbortSignal = new AbortController().signal,
): Promise<ChatRequest> {
  const request: ChatRequest = {
    model: 'm',
    messages: [
      { role: 'system', content: 's' },
      { role: 'user', ...(content === undefined ? {} : { content }) },
    ],
  };
  return inlineAttachments(request, { wanted, download: downloads.download, signal });
}

async function failure(content: ChatMessage['content'], signal?: AbortSignal) {
  return inline(content, undefined, signal).then(
    () => undefined,
    (error: unknown) => (error instanceof CallFailed || error instanceof CallAborted ? error.failure : error),
  );
}

const image = (url: string, fields: object = {}) => ({ type: 'image_url' as const, image_url: { url, ...fields } });

describe('attachments', () => {
  it('of every kind are put in the place of their URLs, other fields kept', async () => {
    const { messages } = await inline([
      { type: 'text', text: 'see' },
      image(server.url('/1'), { detail: 'high' }),
      { type: 'image_url', image_url: server.url('/2') },
      { type: 'file', file: { file_id: server.url('/plain.pdf'), filename: 'a.pdf' } },
      { type: 'file', file: { file_data: server.url('/plain'), format: 'text/csv' } },
      { type: 'input_audio', input_audio: { data: server.url('/plain.wav'), format: 'wav' } },
      { type: 'video_url', video_url: { url: server.url('/plain.mp4') } },
    ]);
    expect(messages[1]?.content).toEqual([
      { type: 'text', text: 'see' },
      image(`data:image/png;base64,${base64('/1')}`, { detail: 'high' }),
      image(`data:image/png;base64,${base64('/2')}`),
      { type: 'file', file: { file_data: `data:application/pdf;base64,${base64('raw')}`, filename: 'a.pdf' } },
      { type: 'file', file: { file_data: `data:text/csv;base64,${base64('raw')}`, format: 'text/csv' } },
      { type: 'input_audio', input_audio: { data: base64('raw'), format: 'wav' } },
      { type: 'video_url', video_url: { url: `data:video/mp4;base64,${base64('raw')}` } },
    ]);
  });

  it('stay as they are when they are data already, or when the provider fetches them', async () => {
    const content = [image('data:image/png;base64,AA=='), image('https://kept.test/x')];
    const request = await inline(content, ({ url }) => !url.includes('kept'));
    expect(request.messages[1]?.content).toBe(content);
  });

  it('that repeat are fetched once', async () => {
    await inline([image(server.url('/again')), image(server.url('/again'))]);
    expect(server.asked.filter((path) => path === '/again')).toHaveLength(1);
  });

  it('that cannot be used are a 400 that names the part', async () => {
    expect(await failure([{ type: 'text', text: 'x' }, image('https://127.0.0.1/x')])).toEqual({
      code: 'invalid_request',
      message: 'The URL in messages[1].content[1].image_url cannot be used: its address is not public.',
      param: 'messages[1].content[1].image_url',
      billed: 'no',
    });
    expect(await failure([image(server.url('/page'))])).toMatchObject({
      message: expect.stringContaining('it is text/html, and no image'),
    });
    expect(await failure([image(server.url('/plain'))])).toMatchObject({
      message: expect.stringContaining('name it in the field format'),
    });
    expect(await failure([image(server.url('/ok')), image(server.url('/large'))])).toMatchObject({
      message: expect.stringContaining('it is too large'),
      param: 'messages[1].content[1].image_url',
    });
  });

  it('end with the call, and nothing is billed for it', async () => {
    const call = new AbortController();
    const ended = failure([image(server.url('/never'))], call.signal);
    call.abort(new CallAborted({ code: 'cancelled', message: 'The request was cancelled.', billed: 'maybe' }));
    expect(await ended).toEqual({ code: 'cancelled', message: 'The request was cancelled.', billed: 'no' });
  });
});
