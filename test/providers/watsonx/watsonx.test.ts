/** OpenAI's requests at watsonx's addresses, and its answers. */
import { describe, expect, it } from '@jest/globals';
import type { ChatRequest } from '../../../providers/protocol/chat.ts';
import { watsonx } from '../../../providers/watsonx/index.ts';
import { ask, chatOf, decode, event, linesOf, refusal, sent, targetOf } from '../streams.ts';

const BASE = 'https://us-south.ml.cloud.ibm.com';
const chat = chatOf(watsonx);
const send = (
  fields: Partial<ChatRequest> = {},
  settings: Record<string, unknown> = { project_id: 'p' },
  model = 'ibm/granite-3-8b-instruct',
  base = BASE,
) => chat.toRequest(ask(fields), targetOf(model, settings, base));

const tool = {
  type: 'function',
  function: {
    name: 'f',
    strict: true,
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: {
        strict: { type: 'boolean' },
        list: { type: 'array', items: { type: 'object', additionalProperties: false, properties: {} } },
      },
    },
  },
};

describe('a request', () => {
  it('names model and project in the body, and says by its address whether it streams', () => {
    const whole = sent(send({ max_completion_tokens: 3 }));
    expect(whole.wire.url).toBe(`${BASE}/ml/v1/text/chat?version=2024-03-13`);
    expect(whole.body).toEqual({
      model_id: 'ibm/granite-3-8b-instruct',
      project_id: 'p',
      messages: [{ role: 'user', content: 'hi' }],
      max_tokens: 3,
    });
    const streaming = sent(send({ stream: true }, { space_id: 's', api_version: '2025-02-01' }));
    expect(streaming.wire.url).toBe(`${BASE}/ml/v1/text/chat_stream?version=2025-02-01`);
    expect(streaming.body).toMatchObject({ space_id: 's' });
    expect(streaming.body).not.toHaveProperty('stream');
  });

  it('to a deployment needs neither', () => {
    const { body, wire } = sent(send({ stream: true }, {}, 'deployment/my id'));
    expect(wire.url).toBe(`${BASE}/ml/v1/deployments/my%20id/text/chat_stream?version=2024-03-13`);
    expect(body).toEqual({ messages: [{ role: 'user', content: 'hi' }] });
  });

  it('finds its address by a region, and is refused without address or project', () => {
    const regional = sent(send({}, { project_id: 'p', watsonx_region_name: 'eu-de' }, 'm', ''));
    expect(regional.wire.url).toMatch(/^https:\/\/eu-de\.ml\.cloud\.ibm\.com\/ml/);
    expect(refusal(send({}, { project_id: 'p' }, 'm', '')).message).toContain('watsonx_region_name');
    expect(refusal(send({}, {})).message).toContain('project_id');
  });

  it('has tools without the keywords that are refused, and a word or a name for the choice', () => {
    const found = sent(send({ tools: [tool], tool_choice: 'any' })).body;
    expect(found['tools']).toEqual([
      {
        type: 'function',
        function: {
          name: 'f',
          parameters: {
            type: 'object',
            properties: {
              strict: { type: 'boolean' },
              list: { type: 'array', items: { type: 'object', properties: {} } },
            },
          },
        },
      },
    ]);
    expect(found).toMatchObject({ tool_choice_option: 'required' });
    expect(found).not.toHaveProperty('tool_choice');
    const named = { type: 'function', function: { name: 'f' } };
    expect(sent(send({ tools: [tool], tool_choice: named })).body).toMatchObject({ tool_choice: named });
    expect(refusal(send({ tools: [tool], parallel_tool_calls: false })).param).toBe('parallel_tool_calls');
  });
});

describe('an answer', () => {
  it('has the model’s name, whole and in a stream', () => {
    const choice = { index: 0, message: { role: 'assistant', content: 'yes' }, finish_reason: 'stop' };
    const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 };
    const body = { id: 'c', model_id: 'ibm/g', created: 1, choices: [choice], usage };
    expect(chat.fromResponse(body, ask(), targetOf('m'))).toMatchObject({ model: 'ibm/g', usage });
    const { complete, response } = decode(
      chat.decoder(ask(), targetOf('m')),
      linesOf('watsonx/text.chunks.jsonl').map((line) => event(line)),
    );
    expect(complete).toBe(true);
    expect(response).toMatchObject({ usage, choices: [{ message: { content: 'yes' }, finish_reason: 'stop' }] });
  });

  it('that fails in the middle says why', () => {
    const error = { errors: [{ code: 'downstream', message: 'no room' }], trace: 't', status_code: 503 };
    const { failure } = decode(chat.decoder(ask(), targetOf('m')), [event(error, 'error')]);
    expect(failure).toMatchObject({ code: 'provider_unavailable', message: 'no room', providerStatus: 503 });
  });
});

describe('an error', () => {
  it.each([
    [403, 'token_quota_reached', 'rate_limit_exceeded'],
    [401, 'authentication_token_expired', 'provider_auth_failed'],
    [404, 'model_not_supported', 'provider_model_not_found'],
    [400, 'invalid_request_entity', 'invalid_request'],
  ])('%i %s is %s', (status, code, expected) => {
    const body = { errors: [{ code, message: 'words' }], trace: 't', status_code: status };
    expect(watsonx.fromError(status, body, {})).toMatchObject({ code: expected, providerCode: code });
  });
});
