/** Signatures inside ids stay with the providers that know them. */
import { describe, expect, it } from '@jest/globals';
import { splitCallId, withPlainCallIds } from '../../../providers/protocol/call-id.ts';
import type { ToolCall } from '../../../providers/protocol/chat.ts';
import { ask } from '../streams.ts';

const call = (id: string, extra: object = {}): ToolCall => ({
  id,
  type: 'function',
  function: { name: 'f', arguments: '{}' },
  ...extra,
});

describe('an id with a signature', () => {
  it('is told apart from its signature', () => {
    expect(splitCallId('call_1__thought__abc=')).toEqual({ id: 'call_1', signature: 'abc=' });
    expect(splitCallId('call_1')).toEqual({ id: 'call_1' });
  });

  it('is plain for every other provider, on both ends of the call, with the fields that came with it', () => {
    const fields = { provider_specific_fields: { thought_signature: 'abc=' }, extra_content: { google: {} } };
    const request = ask({
      messages: [
        { role: 'user', content: 'u' },
        { role: 'assistant', tool_calls: [call('a__thought__abc=', fields), call('b', fields)] },
        { role: 'tool', tool_call_id: 'a__thought__abc=', content: 'r' },
      ],
    });
    const plain = withPlainCallIds(request);
    expect(plain.messages).toEqual([
      { role: 'user', content: 'u' },
      { role: 'assistant', tool_calls: [call('a'), call('b', fields)] },
      { role: 'tool', tool_call_id: 'a', content: 'r' },
    ]);
    expect(plain.messages[0]).toBe(request.messages[0]);
  });

  it('costs nothing where there is none', () => {
    const request = ask({ messages: [{ role: 'assistant', tool_calls: [call('a')] }] });
    expect(withPlainCallIds(request)).toBe(request);
  });
});
