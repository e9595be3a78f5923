/** Prompts for models that complete text. */
import { describe, expect, it } from '@jest/globals';
import type { ChatMessage } from '../../../providers/protocol/chat.ts';
import { toPrompt } from '../../../providers/protocol/prompt.ts';

const messages: ChatMessage[] = [
  { role: 'system', content: 'S' },
  { role: 'user', content: 'a' },
  { role: 'assistant', content: 'b' },
  {
    role: 'user',
    content: [
      { type: 'text', text: 'c' },
      { type: 'text', text: 'd' },
    ],
  },
];

describe('a prompt', () => {
  it.each([
    ['meta-llama/Llama-2-7b-chat-hf', '[INST] <<SYS>>\nS\n<</SYS>>\n\na [/INST] b </s>[INST] c\nd [/INST]'],
    ['mistralai/Mistral-7B', '[INST] S\n\na [/INST] b</s>[INST] c\nd [/INST]'],
    [
      'Qwen/Qwen2-7B',
      '<|im_start|>system\nS<|im_end|>\n<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n<|im_start|>user\nc\nd<|im_end|>\n<|im_start|>assistant\n',
    ],
    ['tiiuae/falcon-7b', 'System: S\nUser: a\nAssistant: b\nUser: c\nd\nAssistant:'],
    ['alpaca', 'S\n\n### Instruction:\na\n\n### Response:\nb\n\n### Instruction:\nc\nd\n\n### Response:\n'],
    [
      'ibm/granite-13b',
      '<|start_of_role|>system<|end_of_role|>S<|end_of_text|>\n<|start_of_role|>user<|end_of_role|>a<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|>b<|end_of_text|>\n<|start_of_role|>user<|end_of_role|>c\nd<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|>',
    ],
    ['my-model', 'S\na\nb\nc\nd'],
  ])('for %s', (model, expected) => {
    expect(toPrompt(messages, model, {})).toBe(expected);
  });

  it('has the marks of a configuration', () => {
    const roles = { system: { pre_message: '<s>', post_message: '</s>' }, user: { pre_message: 'U:' } };
    const settings = { roles, initial_prompt_value: '^', final_prompt_value: '$' };
    expect(toPrompt(messages, 'Qwen/Qwen2-7B', settings)).toBe('^<s>S</s>U:abU:c\nd$');
  });

  it('keeps instructions that come last, and calls with their results', () => {
    expect(toPrompt([{ role: 'system', content: 'S' }], 'llama-2', {})).toBe('[INST] S [/INST]');
    expect(toPrompt([{ role: 'system', content: 'S' }], 'mixtral', {})).toBe('[INST] S [/INST]');
    const call = { id: '1', type: 'function' as const, function: { name: 'f', arguments: '{}' } };
    expect(
      toPrompt(
        [
          { role: 'assistant', tool_calls: [call] },
          { role: 'tool', tool_call_id: '1', content: 'r' },
        ],
        'x',
        {},
      ),
    ).toBe('f({})\nr');
  });
});
