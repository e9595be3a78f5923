/** Cortex: fields that are there and empty, thoughts in details, no end of its own. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { ChatRequest } from '../../../providers/protocol/chat.ts';
import { snowflake } from '../../../providers/snowflake/index.ts';
import { ask, chatOf, decode, event, linesOf, refusal, sent, targetOf } from '../streams.ts';

const chat = chatOf(snowflake);
const CLAUDE = 'claude-sonnet-4-6';
const send = (
  fields: Partial<ChatRequest> = {},
  model = CLAUDE,
  base = '',
  settings: Record<string, unknown> = { account_id: 'org-acc' },
) => chat.toRequest(ask(fields), targetOf(model, settings, base));

describe('a request', () => {
  it('goes to the account, whatever form the address has', () => {
    const url = 'https://org-acc.snowflakecomputing.com/api/v2/cortex/v1/chat/completions';
    for (const base of [
      '',
      'https://org-acc.snowflakecomputing.com',
      'https://org-acc.snowflakecomputing.com/api/v2',
      'https://org-acc.snowflakecomputing.com/api/v2/cortex/inference:complete',
      'https://org-acc.snowflakecomputing.com/api/v2/cortex/v1',
    ])
      expect(sent(send({}, CLAUDE, base)).wire.url).toBe(url);
    expect(refusal(send({}, CLAUDE, '', {})).message).toContain('SNOWFLAKE_ACCOUNT_ID');
  });

  it('has Cortex’s names, and refuses what Cortex would ignore', () => {
    expect(sent(send({ max_tokens: 3, reasoning_effort: 'low' })).body).toEqual({
      model: CLAUDE,
      messages: [{ role: 'user', content: 'hi' }],
      max_completion_tokens: 3,
      reasoning: { effort: 'low' },
    });
    expect(sent(send({ reasoning_effort: 'low', seed: 1 }, 'openai-gpt-5')).body).toMatchObject({
      reasoning_effort: 'low',
      seed: 1,
    });
    expect(refusal(send({ stop: 'x' })).param).toBe('stop');
    expect(
      sent(chat.toRequest(ask({ stop: 'x' }), targetOf(CLAUDE, { account_id: 'a', drop_params: true }, ''))).wire
        .dropped,
    ).toEqual(['stop']);
  });
});

describe('an answer', () => {
  it('loses what is empty, and keeps thoughts with their signature', () => {
    const message = {
      annotations: null,
      audio: { data: '', id: '' },
      content: '',
      function_call: { arguments: '', name: '' },
      reasoning_details: [{ type: 'reasoning.text', text: 'hm', signature: 'sig' }],
      role: 'assistant',
      tool_calls: [{ custom: { input: '' }, function: { arguments: '{}', name: 'f' }, id: 't', type: 'function' }],
    };
    const body = { id: '', created: 5, choices: [{ finish_reason: '', index: 0, message }] };
    expect(chat.fromResponse(body, ask(), targetOf(CLAUDE))).toMatchObject({
      id: 'chatcmpl-gateway',
      choices: [
        {
          finish_reason: 'tool_calls',
          message: {
            role: 'assistant',
            content: '',
            annotations: null,
            reasoning_content: 'hm',
            thinking_blocks: [{ type: 'thinking', thinking: 'hm', signature: 'sig' }],
            tool_calls: [{ id: 't', type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
        },
      ],
    });
    const read = chat.fromResponse(body, ask(), targetOf(CLAUDE)).choices[0]?.message;
    expect(read).not.toHaveProperty('audio');
    expect(read).not.toHaveProperty('function_call');
    expect(read?.tool_calls?.[0]).not.toHaveProperty('custom');
  });

  it('streams without an end of its own, also after tools whose reason is empty', () => {
    const { response, complete, chunks } = decode(chat.decoder(ask(), targetOf(CLAUDE)), [
      ...linesOf('snowflake/tools.chunks.jsonl').map((line) => event(line)),
      event('[DONE]'),
    ]);
    expect(complete).toBe(true);
    const reasons = chunks.map((chunk) => chunk.choices[0]?.finish_reason ?? null);
    expect(reasons).toEqual([null, null, null, 'tool_calls', null]);
    expect(response?.choices[0]?.message).toMatchObject({
      reasoning_content: 'hm',
      tool_calls: [{ function: { arguments: '{}' } }],
    });
  });
});

const recorded = process.env['HOLDFAST_FIXTURES'] ?? '';

if (recorded !== '' && existsSync(recorded)) {
  describe('recordings', () => {
    it.each(['snowflake_streaming', 'snowflake_thinking_streaming'])('%s comes to its end', (name) => {
      const lines = readFileSync(`${recorded}/snowflake/${name}.sse`, 'utf8').split('\n');
      const events = lines.filter((line) => line.startsWith('data: ')).map((line) => event(line.slice(6)));
      const { complete, response } = decode(chat.decoder(ask(), targetOf(CLAUDE)), events);
      expect(complete).toBe(true);
      expect(response?.choices[0]?.finish_reason).toBe('stop');
      expect(response?.usage?.total_tokens).toBeGreaterThan(20);
      expect(response?.choices[0]?.message.reasoning_content !== undefined).toBe(name.includes('thinking'));
    });

    it.each([
      ['snowflake_tool_calling.1', 'tool_calls'],
      ['snowflake_thinking.1', 'tool_calls'],
      ['snowflake_simple', 'stop'],
    ])('%s ends with %s', (name, reason) => {
      const { response } = JSON.parse(readFileSync(`${recorded}/snowflake/${name}.json`, 'utf8')) as {
        response: { body: unknown };
      };
      expect(chat.fromResponse(response.body, ask(), targetOf(CLAUDE)).choices[0]?.finish_reason).toBe(reason);
    });
  });
}
