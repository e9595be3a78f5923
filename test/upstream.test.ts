/** The oracle itself: what the other suites believe about a provider's calls, bytes and bills is only as good as this. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { PRICE, startUpstream } from './support/upstream.ts';
import type { Upstream } from './support/upstream.ts';

let upstream: Upstream;

beforeEach(async () => {
  upstream = await startUpstream();
});

afterEach(() => upstream.stop());

const messages = [{ role: 'user' as const, content: 'hello there' }];

function post(stream: boolean, signal?: AbortSignal): Promise<Response> {
  return fetch(`${upstream.openaiUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer k', 'x-holdfast-attempt': 'req_1.1' },
    body: JSON.stringify({ model: 'm', messages, stream, stream_options: { include_usage: true } }),
    ...(signal === undefined ? {} : { signal }),
  });
}

describe('as a provider', () => {
  it('answers the official OpenAI client, whole and as a stream, with the same text and usage', async () => {
    const client = new OpenAI({ apiKey: 'k', baseURL: upstream.openaiUrl, maxRetries: 0 });
    upstream.always({ text: 'ünïcödé 👋 answer' });
    const whole = await client.chat.completions.create({ model: 'm', messages });
    const stream = await client.chat.completions.create({
      model: 'm',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let completionTokens: number | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      completionTokens = chunk.usage?.completion_tokens ?? completionTokens;
    }
    expect(text).toBe('ünïcödé 👋 answer');
    expect(whole.choices[0]?.message.content).toBe(text);
    expect(completionTokens).toBe(whole.usage?.completion_tokens);
  });

  it('answers the official Anthropic client, whole and as a stream, with tools', async () => {
    const client = new Anthropic({ apiKey: 'k', baseURL: upstream.url, maxRetries: 0 });
    upstream.always({ text: 'let me look', toolCalls: [{ name: 'weather', arguments: '{"city":"Bern"}' }] });
    const whole = await client.messages.create({ model: 'm', max_tokens: 10, messages });
    const streamed = await client.messages.stream({ model: 'm', max_tokens: 10, messages }).finalMessage();
    expect(whole.stop_reason).toBe('tool_use');
    expect(streamed.content).toMatchObject([
      { type: 'text', text: 'let me look' },
      { type: 'tool_use', name: 'weather', input: { city: 'Bern' } },
    ]);
    expect(streamed.usage).toMatchObject({ output_tokens: whole.usage.output_tokens });
  });
});

describe('as a script', () => {
  it('resets before the head, after the head and in mid body, and the caller can tell', async () => {
    upstream.next({ reset: 'before_head' }, { reset: 'after_head' }, { reset: 'mid_body' });
    await expect(post(false)).rejects.toThrow('fetch failed');
    const afterHead = await post(false);
    expect(afterHead.status).toBe(200);
    await expect(afterHead.text()).rejects.toThrow('terminated');
    const midBody = await post(true);
    const reader = midBody.body?.getReader();
    let bytes = 0;
    const readAll = async (): Promise<void> => {
      for (;;) {
        const part = await reader?.read();
        if (part === undefined || part.done) return;
        bytes += part.value.length;
      }
    };
    await expect(readAll()).rejects.toThrow('terminated');
    expect(bytes).toBeGreaterThan(0);
  });

  it('truncates, splits, sends an error frame and garbage', async () => {
    upstream.next(
      { truncate: true },
      { text: 'the same', split: 'every_byte' },
      { text: 'the same' },
      { errorFrame: { type: 'overloaded', message: 'no' } },
    );
    upstream.next({ body: '<html>', status: 200 }, { status: 429, headers: { 'retry-after': '7' } });
    const truncated = await (await post(true)).text();
    expect(truncated).not.toContain('[DONE]');
    const split = await (await post(true)).text();
    const unsplit = await (await post(true)).text();
    expect(split.replaceAll('chatcmpl-2', 'chatcmpl-3')).toBe(unsplit);
    expect(await (await post(true)).text()).toContain('"type":"overloaded"');
    expect(await (await post(false)).text()).toBe('<html>');
    const refused = await post(false);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '7']);
  });

  it('holds an answer until the test lets it go', async () => {
    let release = (): void => undefined;
    upstream.next({ until: new Promise<void>((resolve) => (release = resolve)) });
    const answer = post(false);
    const [call] = await upstream.arrived(1);
    expect(call?.state).toBe('open');
    release();
    expect((await answer).status).toBe(200);
    await upstream.idle();
    expect(call?.state).toBe('finished');
  });
});

describe('as an oracle', () => {
  it('writes down what it saw and charges by its price', async () => {
    await (await post(false)).text();
    await upstream.idle();
    const [call] = upstream.calls;
    expect(call).toMatchObject({ n: 1, model: 'm', credential: 'Bearer k', attempt: 'req_1.1', state: 'finished' });
    const { promptTokens = 0, completionTokens = 0 } = call?.usage ?? {};
    expect(call?.billedNanoUsd).toBe(promptTokens * PRICE.inputNanoUsd + completionTokens * PRICE.outputNanoUsd);
    expect(promptTokens).toBeGreaterThan(0);
  });

  it('charges a caller who hangs up, and not one who was refused', async () => {
    upstream.next({ stall: 'after_head' }, { status: 500 });
    const leave = new AbortController();
    const left = await post(true, leave.signal);
    leave.abort();
    await expect(left.text()).rejects.toThrow('aborted');
    await (await post(false)).text();
    await upstream.idle();
    const [aborted, refused] = upstream.calls;
    expect(aborted).toMatchObject({ state: 'aborted' });
    expect(aborted?.abortSeenMs).toBeGreaterThanOrEqual(0);
    expect(aborted?.billedNanoUsd).toBeGreaterThan(0);
    expect(refused?.billedNanoUsd).toBe(0);
  });

  it('keeps its books in a file that another process can read', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-upstream-'));
    const logFile = join(directory, 'calls.jsonl');
    const logged = await startUpstream({ logFile });
    await (
      await fetch(`${logged.url}/v1/messages`, { method: 'POST', body: JSON.stringify({ model: 'c', messages }) })
    ).text();
    await logged.idle();
    await logged.stop();
    const line = JSON.parse(readFileSync(logFile, 'utf8')) as Record<string, unknown>;
    expect(line).toMatchObject({ n: 1, dialect: 'anthropic', model: 'c', state: 'finished' });
    expect(line['billedNanoUsd']).toBeGreaterThan(0);
    rmSync(directory, { recursive: true });
  });
});
