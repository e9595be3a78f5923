/** What a chat completion may look like, and what the caller is told when it does not. */
import { describe, expect, it } from '@jest/globals';
import { parseChatRequest } from '../../../providers/protocol/chat-schema.ts';

const user = { role: 'user', content: 'hi' };

function refused(body: unknown): { param: string | undefined; message: string } {
  const parsed = parseChatRequest(body);
  if (!('refused' in parsed)) throw new Error('accepted');
  expect(parsed.refused).toMatchObject({ code: 'invalid_request', billed: 'no' });
  return { param: parsed.refused.param, message: parsed.refused.message };
}

const withUser = (fields: object): object => ({ model: 'm', messages: [user], ...fields });
const withMessage = (message: unknown): object => ({ model: 'm', messages: [user, message] });

describe('a good request', () => {
  it.each<[string, object]>([
    ['the smallest', withUser({})],
    [
      'nulls for everything optional',
      withUser({
        temperature: null,
        stop: null,
        tools: null,
        stream: null,
        response_format: null,
        metadata: null,
        seed: null,
      }),
    ],
    ['fields nobody knows', withUser({ brand_new: { deep: [1] }, top_k: 5 })],
    [
      'the limits of the ranges',
      withUser({
        temperature: 2,
        top_p: 0,
        n: 128,
        presence_penalty: -2,
        top_logprobs: 20,
        logit_bias: { 50256: -100 },
        seed: 9.3e18,
      }),
    ],
    [
      'parts of all kinds',
      withMessage({
        role: 'user',
        content: [
          { type: 'text', text: '' },
          { type: 'image_url', image_url: 'https://x.test/a.png' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,QQ==', detail: 'low' } },
          { type: 'input_audio', input_audio: { data: 'QQ==', format: 'wav' } },
          { type: 'file', file: { file_id: 'f' } },
          { type: 'video_url', video_url: { url: 'https://x.test/a.mp4' } },
        ],
      }),
    ],
    [
      'an assistant that only calls tools',
      withMessage({
        role: 'assistant',
        content: null,
        tool_calls: [{ id: '1', type: 'function', function: { name: 'f', arguments: '' } }],
      }),
    ],
    [
      'an assistant that only thought',
      withMessage({ role: 'assistant', thinking_blocks: [{ type: 'thinking', thinking: 't', signature: 's' }] }),
    ],
    ['a tool result', withMessage({ role: 'tool', tool_call_id: '1', content: [{ type: 'text', text: 'r' }] })],
    [
      'tools and a choice',
      withUser({
        tools: [
          { type: 'function', function: { name: 'a.b/c' } },
          { type: 'web_search_20250305', name: 'w' },
        ],
        tool_choice: { type: 'function', function: { name: 'a.b/c' } },
      }),
    ],
    [
      'a schema for the answer',
      withUser({
        response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' }, strict: true } },
      }),
    ],
    [
      'both words for reasoning',
      withUser({
        reasoning_effort: { effort: 'low', summary: 'auto' },
        thinking: { type: 'enabled', budget_tokens: 1024 },
      }),
    ],
  ])('is accepted and passed on unchanged: %s', (_what, body) => {
    expect(parseChatRequest(body)).toEqual({ request: body });
  });
});

describe('a bad request', () => {
  it.each<[unknown, string | undefined, string]>([
    [null, undefined, 'must be a JSON object'],
    [[], undefined, 'must be a JSON object'],
    ['x', undefined, 'must be a JSON object'],
    [{ messages: [user] }, 'model', 'Missing required parameter'],
    [{ model: 'm' }, 'messages', 'Missing required parameter'],
    [{ model: '', messages: [user] }, 'model', 'must not be empty'],
    [{ model: 'm', messages: [] }, 'messages', 'at least 1'],
    [{ model: 'm', messages: 'hi' }, 'messages', 'expected a list'],
    [withMessage(null), 'messages[1]', 'expected an object'],
    [withMessage({}), 'messages[1].role', 'Missing required parameter'],
    [withMessage({ role: 'robot', content: 'x' }), 'messages[1].role', '"developer"'],
    [withMessage({ role: 'user' }), 'messages[1].content', 'Missing required parameter'],
    [withMessage({ role: 'user', content: 5 }), 'messages[1].content', 'a string or a list'],
    [withMessage({ role: 'user', content: [] }), 'messages[1].content', 'at least 1'],
    [
      withMessage({ role: 'user', content: [{ text: 'x' }] }),
      'messages[1].content[0].type',
      'Missing required parameter',
    ],
    [
      withMessage({ role: 'user', content: [{ type: 'text' }] }),
      'messages[1].content[0].text',
      'Missing required parameter',
    ],
    [
      withMessage({ role: 'user', content: [{ type: 'image_url', image_url: {} }] }),
      'messages[1].content[0].image_url.url',
      'Missing required parameter',
    ],
    [withMessage({ role: 'user', content: [{ type: 'file', file: {} }] }), 'messages[1].content[0].file', 'file_id'],
    [withMessage({ role: 'assistant', content: null }), 'messages[1].content', 'without tool calls'],
    [
      withMessage({
        role: 'assistant',
        tool_calls: [{ id: '1', type: 'function', function: { name: 'f', arguments: {} } }],
      }),
      'messages[1].tool_calls[0].function.arguments',
      'expected a string',
    ],
    [withMessage({ role: 'tool', content: 'x' }), 'messages[1].tool_call_id', 'Missing required parameter'],
    [withUser({ temperature: 2.1 }), 'temperature', 'at most 2'],
    [withUser({ temperature: '1' }), 'temperature', 'expected a number'],
    [withUser({ top_p: -0.1 }), 'top_p', 'at least 0'],
    [withUser({ n: 0 }), 'n', 'at least 1'],
    [withUser({ n: 129 }), 'n', 'at most 128'],
    [withUser({ n: 1.5 }), 'n', 'an integer'],
    [withUser({ max_tokens: 0 }), 'max_tokens', 'at least 1'],
    [withUser({ stop: ['a', 'b', 'c', 'd', 'e'] }), 'stop', 'at most 4'],
    [withUser({ stop: [1] }), 'stop[0]', 'expected a string'],
    [withUser({ seed: 1.5 }), 'seed', 'integer'],
    [withUser({ logit_bias: { 5: 101 } }), 'logit_bias.5', 'at most 100'],
    [withUser({ stream: 'yes' }), 'stream', 'true or false'],
    [withUser({ tools: [{ type: 'function' }] }), 'tools[0].function', 'required'],
    [withUser({ tool_choice: 'maybe' }), 'tool_choice', '"required"'],
    [withUser({ tool_choice: { type: 'function' } }), 'tool_choice.function', 'required'],
    [withUser({ response_format: { type: 'xml' } }), 'response_format.type', '"json_schema"'],
    [
      withUser({ response_format: { type: 'json_schema' } }),
      'response_format.json_schema',
      'Missing required parameter',
    ],
    [withUser({ reasoning_effort: 'huge' }), 'reasoning_effort', '"xhigh"'],
    [withUser({ metadata: 'x' }), 'metadata', 'an object'],
  ])('%j is refused at %s', (body, param, words) => {
    const problem = refused(body);
    expect(problem.param).toBe(param);
    expect(problem.message).toContain(words);
  });

  it('does not repeat long values', () => {
    expect(refused(withUser({ temperature: 'x'.repeat(10_000) })).message.length).toBeLessThan(200);
  });
});
