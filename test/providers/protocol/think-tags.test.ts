/** Thoughts that a model writes into its answer. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { endThink, splitThink, THINK_START, type ThinkState } from '../../../providers/protocol/think-tags.ts';

function split(pieces: readonly string[]): { thought: string; text: string } {
  let state: ThinkState = THINK_START;
  let thought = '';
  let text = '';
  for (const piece of pieces) {
    const step = splitThink(state, piece);
    state = step.state;
    thought += step.thought;
    text += step.text;
  }
  const rest = endThink(state);
  return { thought: thought + rest.thought, text: text + rest.text };
}

describe('a thought in tags', () => {
  it.each([
    ['<think>\nhm\n</think>\n\nyes', 'hm\n', 'yes'],
    ['  <think>hm</think>yes', 'hm', 'yes'],
    ['<think></think>yes', '', 'yes'],
    ['<think>hm', 'hm', ''],
    ['<think>a </thin b', 'a </thin b', ''],
    ['yes <think>no</think>', '', 'yes <think>no</think>'],
    ['<thin', '', '<thin'],
    ['<b>x</b>', '', '<b>x</b>'],
    ['', '', ''],
  ])('%j is thought %j and text %j', (whole, thought, text) => {
    expect(split([whole])).toEqual({ thought, text });
  });

  it('is found wherever the text was cut', () => {
    const alphabet = fc.constantFrom('<think>', '</think>', '<', '/', 'th', 'ink>', ' ', '\n', 'x');
    fc.assert(
      fc.property(fc.array(alphabet), (pieces) => {
        const whole = split([pieces.join('')]);
        const cut = split(pieces.join('').split(''));
        expect(cut.text).toBe(whole.text);
        expect(cut.thought.trimStart()).toBe(whole.thought.trimStart());
        expect(split(pieces).text).toBe(whole.text);
      }),
    );
  });
});
