/** Vertex AI's addresses, and each maker's protocol behind them. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { ChatRequest } from '../../../providers/protocol/chat.ts';
import { familyOf } from '../../../providers/vertex/families.ts';
import { vertex } from '../../../providers/vertex/index.ts';
import { ask, chatOf, decode, event, fixture, linesOf, refusal, sent, targetOf } from '../streams.ts';

const chat = chatOf(vertex);
const PLACE = { vertex_project: 'p', vertex_location: 'europe-west4' };

function send(
  model: string,
  fields: Partial<ChatRequest> = {},
  settings: Record<string, unknown> = PLACE,
  base = vertex.baseUrl,
) {
  return sent(chat.toRequest(ask(fields), targetOf(model, settings, base)));
}

describe('an address', () => {
  const PATH = 'https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4';

  it.each([
    ['gemini-2.5-flash', 'publishers/google/models/gemini-2.5-flash:generateContent'],
    ['google/gemini-2.5-flash', 'publishers/google/models/gemini-2.5-flash:generateContent'],
    ['1234567890', 'endpoints/1234567890:generateContent'],
    ['gemini/1234567890', 'endpoints/1234567890:generateContent'],
    ['claude-sonnet-4-5@20250929', 'publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict'],
    ['mistral-large-2411', 'publishers/mistralai/models/mistral-large-2411:rawPredict'],
    ['codestral@latest', 'publishers/mistralai/models/codestral@latest:rawPredict'],
    ['jamba-1.5-mini@001', 'publishers/ai21/models/jamba-1.5-mini@001:rawPredict'],
    ['meta/llama-4-scout-17b-16e-instruct-maas', 'endpoints/openapi/chat/completions'],
    ['openai/gpt-oss-20b-maas', 'endpoints/openapi/chat/completions'],
    ['openai/987654', 'endpoints/987654/chat/completions'],
  ])('of %s is …/%s', (model, path) => {
    expect(send(model).wire.url).toBe(`${PATH}/${path}`);
  });

  it.each([
    ['gemini-2.5-flash', 'streamGenerateContent?alt=sse'],
    ['claude-sonnet-4-5', 'streamRawPredict'],
    ['mistral-large-2411', 'streamRawPredict'],
    ['deepseek-ai/deepseek-v3.1-maas', 'chat/completions'],
  ])('of a stream of %s ends with %s', (model, end) => {
    expect(send(model, { stream: true }).wire.url.endsWith(end)).toBe(true);
  });

  it('depends on the location', () => {
    const host = (location: string): string =>
      new URL(send('gemini-x', {}, { ...PLACE, vertex_location: location }).wire.url).host;
    expect(host('us-east5')).toBe('us-east5-aiplatform.googleapis.com');
    expect(host('global')).toBe('aiplatform.googleapis.com');
    expect(host('eu')).toBe('aiplatform.eu.rep.googleapis.com');
    expect(send('gemini-x', {}, { vertex_project: 'p' }).wire.url).toContain('/locations/us-central1/');
    for (const model of ['gemini-x', 'claude-x', 'mistral-x', 'meta/x'])
      expect(
        refusal(chat.toRequest(ask(), targetOf(model, { ...PLACE, vertex_location: 'evil.test/' }, vertex.baseUrl)))
          .message,
      ).toContain('vertex_location');
  });

  it('without a project is that of express mode', () => {
    expect(send('gemini-2.5-flash', {}, {}).wire.url).toBe(
      'https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-2.5-flash:generateContent',
    );
  });

  it('may be a proxy’s, in part or as a whole, and of another version', () => {
    expect(send('gemini-x', {}, PLACE, 'https://proxy.test').wire.url).toMatch(
      /^https:\/\/proxy\.test\/v1\/projects\/p\//,
    );
    expect(send('gemini-x', {}, PLACE, 'https://proxy.test/v1beta1').wire.url).toMatch(
      /^https:\/\/proxy\.test\/v1beta1\/projects\//,
    );
    expect(send('gemini-x', {}, { ...PLACE, api_version: 'v1beta1' }).wire.url).toContain('.com/v1beta1/projects/');
    const whole = 'https://proxy.test/v1/projects/q/locations/x/publishers/google/models/gemini-y';
    expect(send('gemini-x', {}, PLACE, whole).wire.url).toBe(`${whole}:generateContent`);
  });

  it('is known for every family', () => {
    expect(familyOf('qwen/qwen3-coder-480b-a35b-instruct-maas')).toEqual({
      kind: 'openai',
      model: 'qwen/qwen3-coder-480b-a35b-instruct-maas',
    });
    expect(familyOf('anthropic/claude-x')).toEqual({ kind: 'claude', model: 'claude-x' });
    expect(familyOf('text-bison')).toEqual({ kind: 'gemini', model: 'text-bison' });
  });
});

describe('Gemini', () => {
  it('takes labels, and tiers by a header', () => {
    const { body, wire } = send('gemini-2.5-flash', { labels: { team: 'a' }, service_tier: 'priority' });
    expect(body).toMatchObject({ labels: { team: 'a' } });
    expect(body).not.toHaveProperty('serviceTier');
    expect(wire.headers['x-vertex-ai-llm-shared-request-type']).toBe('priority');
  });

  it('fetches https URLs itself when it knows what they are', () => {
    const wants = (url: string, format?: string) =>
      chat.inlineUrls?.(
        { kind: 'image', url, ...(format === undefined ? {} : { format }) },
        targetOf('gemini-2.5-flash'),
      );
    expect(wants('https://a.test/x.png')).toBe(false);
    expect(wants('https://a.test/x', 'image/png')).toBe(false);
    expect(wants('https://a.test/x')).toBe(true);
    expect(wants('http://a.test/x.png')).toBe(true);
    const content = [{ type: 'image_url' as const, image_url: { url: 'https://a.test/x.png?sig=1' } }];
    expect(send('gemini-2.5-flash', { messages: [{ role: 'user', content }] }).body['contents']).toEqual([
      { role: 'user', parts: [{ fileData: { mimeType: 'image/png', fileUri: 'https://a.test/x.png?sig=1' } }] },
    ]);
  });

  it('names the tier it served, which has a price of its own', () => {
    const read = chat.fromResponse(JSON.parse(fixture('vertex/text.json')), ask(), targetOf('gemini-2.0-flash'));
    expect(read).toMatchObject({
      id: 'vertex-text',
      service_tier: 'priority',
      choices: [{ index: 0, finish_reason: 'stop', message: { content: 'The capital of France is Paris.\n' } }],
      usage: { prompt_tokens: 13, completion_tokens: 8, total_tokens: 21, traffic_type: 'ON_DEMAND_PRIORITY' },
    });
  });

  it('answers and streams like its sister', () => {
    const target = targetOf('gemini-2.5-flash');
    expect(chat.fromResponse(JSON.parse(fixture('gemini/text.json')), ask(), target).usage?.total_tokens).toBe(160);
    const events = linesOf('gemini/tools.chunks.jsonl').map((line) => event(line));
    expect(decode(chat.decoder(ask(), target), events).response?.choices[0]?.message.tool_calls).toHaveLength(3);
  });
});

describe('Claude', () => {
  const MODEL = 'claude-sonnet-4-5@20250929';

  it('has its version in the body and its model in the address', () => {
    const { body, wire } = send(MODEL, { stream: true, max_tokens: 5 });
    expect(body).toMatchObject({ anthropic_version: 'vertex-2023-10-16', max_tokens: 5, stream: true });
    expect(body).not.toHaveProperty('model');
    expect(wire.headers).not.toHaveProperty('anthropic-version');
  });

  it('takes the betas that are its own', () => {
    const content = [{ type: 'file' as const, file: { file_id: 'file_1' } }];
    const settings = { ...PLACE, anthropic_beta: 'context-1m-2025-08-07' };
    expect(send(MODEL, { messages: [{ role: 'user', content }] }, settings).wire.headers['anthropic-beta']).toBe(
      'context-1m-2025-08-07',
    );
  });

  it('is given images as data', () => {
    expect(chat.inlineUrls?.({ kind: 'image', url: 'https://a.test/x.png' }, targetOf(MODEL))).toBe(true);
    expect(chat.inlineUrls?.({ kind: 'image', url: 'https://a.test/x.png' }, targetOf('meta/llama'))).toBe(false);
  });

  it('gives structured output by a tool, there and back', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } } };
    const fields: Partial<ChatRequest> = {
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema } },
    };
    const { body } = send(MODEL, fields);
    expect(body).toMatchObject({ tool_choice: { type: 'tool', name: 'json_tool_call' } });
    expect(body).not.toHaveProperty('output_config');
    const answer = {
      content: [{ type: 'tool_use', id: 't', name: 'json_tool_call', input: { a: 'b' } }],
      stop_reason: 'tool_use',
    };
    expect(chat.fromResponse(answer, ask(fields), targetOf(MODEL)).choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: '{"a":"b"}' },
    });
  });

  it('streams like Anthropic', () => {
    const events = linesOf('anthropic/thinking-and-tools.chunks.jsonl').map((line) => event(line));
    const { complete, response } = decode(chat.decoder(ask(), targetOf(MODEL)), events);
    expect(complete).toBe(true);
    expect(response?.choices[0]?.message.tool_calls).toHaveLength(2);
  });

  it('never sees the thoughts that Gemini signed', () => {
    const messages: ChatRequest['messages'] = [
      { role: 'user', content: 'u' },
      {
        role: 'assistant',
        tool_calls: [{ id: 'a__thought__U0lH', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'a__thought__U0lH', content: 'r' },
    ];
    expect(JSON.stringify(send(MODEL, { messages }).body)).not.toContain('__thought__');
    expect(send('gemini-3-pro-preview', { messages }).body['contents']).toMatchObject([
      {},
      { parts: [{ thoughtSignature: 'U0lH' }] },
      {},
    ]);
  });
});

describe('partners', () => {
  it('are named with their publisher in the body', () => {
    expect(send('meta/llama-4-scout-17b-16e-instruct-maas', { max_completion_tokens: 3 }).body).toMatchObject({
      model: 'meta/llama-4-scout-17b-16e-instruct-maas',
      max_tokens: 3,
    });
  });

  it('of Mistral have a plain name in the body, and Mistral’s words', () => {
    expect(send('codestral@latest', { seed: 3 }).body).toMatchObject({ model: 'codestral', random_seed: 3 });
    expect(send('mistralai/mistral-large-2411').body['model']).toBe('mistral-large-2411');
  });

  it('refuse what they cannot take, by name', () => {
    const wire = chat.toRequest(ask({ logit_bias: { a: 1 } }), targetOf('meta/llama', PLACE, vertex.baseUrl));
    expect(refusal(wire)).toMatchObject({ code: 'unsupported_parameter', param: 'logit_bias' });
  });

  it('answer in OpenAI’s shape', () => {
    const body = { choices: [{ message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }] };
    expect(chat.fromResponse(body, ask(), targetOf('qwen/qwen3')).choices[0]?.message.content).toBe('x');
  });
});

describe('an error', () => {
  it('is Google’s or Anthropic’s', () => {
    const google = [{ error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Quota exceeded' } }];
    expect(vertex.fromError(429, google, {})).toMatchObject({
      code: 'rate_limit_exceeded',
      providerCode: 'RESOURCE_EXHAUSTED',
    });
    const own = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    expect(vertex.fromError(529, own, {})).toMatchObject({ code: 'provider_overloaded' });
    expect(vertex.fromError(404, '<html>', {})).toMatchObject({ code: 'provider_model_not_found' });
  });
});

const recorded = process.env['HOLDFAST_FIXTURES'];

if (recorded !== undefined && existsSync(recorded)) {
  it('a recorded answer is read', () => {
    const { response } = JSON.parse(readFileSync(`${recorded}/vertex/vertex-generate.json`, 'utf8')) as {
      response: { body: unknown };
    };
    const read = chat.fromResponse(response.body, ask(), targetOf('gemini-2.0-flash'));
    expect(read.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: 'The capital of France is Paris.\n' },
    });
    expect(read.usage?.total_tokens).toBeGreaterThan(0);
  });
}
