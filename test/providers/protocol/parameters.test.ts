/** The rule for parameters that a provider cannot express. */
import { describe, expect, it } from '@jest/globals';
import { checkParameters } from '../../../providers/protocol/parameters.ts';
import { ask } from '../streams.ts';

const check = (fields: object, settings: Record<string, unknown>) =>
  checkParameters(ask(fields), {
    title: 'Provider',
    settings,
    objection: (name) => (name === 'seed' ? { param: 'seed', because: 'it has none' } : undefined),
  });

describe('a parameter that cannot be expressed', () => {
  it('is refused with its name and the way out', () => {
    expect(check({ seed: 1 }, {})).toEqual({
      refused: {
        code: 'unsupported_parameter',
        message:
          'Provider does not support seed for model m: it has none. To leave it out, set drop_params: true; to send it anyway, name it in allowed_openai_params.',
        param: 'seed',
        billed: 'no',
      },
    });
  });

  it('is dropped by drop_params or additional_drop_params, sent by allowed_openai_params', () => {
    expect(check({ seed: 1, top_k: 2 }, { drop_params: true })).toMatchObject({
      kept: { top_k: 2 },
      dropped: ['seed'],
    });
    expect(check({ seed: 1 }, { additional_drop_params: ['seed'] })).toMatchObject({ dropped: ['seed'] });
    expect(check({ seed: 1 }, { allowed_openai_params: ['seed'] })).toMatchObject({ kept: { seed: 1 }, dropped: [] });
    expect(check({ seed: null }, {})).toMatchObject({ dropped: [] });
  });
});

describe('additional_drop_params', () => {
  it('reaches into objects and lists, and leaves the request alone', () => {
    const fields = {
      tools: [
        { type: 'a', x: 1, y: 2 },
        { type: 'b', x: 3, y: 4 },
      ],
      deep: { a: { b: 1, c: 2 } },
    };
    const before = JSON.stringify(fields);
    const result = check(fields, {
      additional_drop_params: ['tools[*].x', 'tools[1].y', 'deep.a.b', 'absent', 'model', 'messages'],
    });
    expect(result).toMatchObject({ dropped: ['tools[*].x', 'tools[1].y', 'deep.a.b'] });
    expect('kept' in result && result.kept['tools']).toEqual([{ type: 'a', y: 2 }, { type: 'b' }]);
    expect('kept' in result && result.kept['deep']).toEqual({ a: { c: 2 } });
    expect(JSON.stringify(fields)).toBe(before);
  });
});
