/** A thousand bodies that no client would send, against the built gateway: each is answered, none with a 5xx. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc, { type Arbitrary } from 'fast-check';
import { MASTER_KEY, startGateway, type Gateway } from '../support/gateway.ts';

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway({
    config: {
      model_list: ['plain', 'gpt-4o'].map((name) => ({ model_name: name, litellm_params: { model: `mock/${name}` } })),
    },
  });
});

afterAll(async () => {
  await gateway?.close();
});

const BODIES = 1_000;
const AT_ONCE = 20;

/** Anything JSON can say, small: the point is its shape. */
const anything = fc.jsonValue({ maxDepth: 3, stringUnit: 'grapheme' });

const HOSTILE = ['', ' ', '\0', '\ud800', '__proto__', 'constructor', '𝕏'.repeat(50), '\u202e', '{}', '-1', 'null'];

const text = fc.oneof(
  { weight: 24, arbitrary: fc.string({ unit: 'grapheme', minLength: 1 }) },
  { weight: 1, arbitrary: fc.constantFrom(...HOSTILE) },
);

/** Nearly always what it should be: a request with twenty fields of which half are wrong is refused at the first. */
function mostly(good: Arbitrary<unknown>): Arbitrary<unknown> {
  return fc.oneof({ weight: 30, arbitrary: good }, { weight: 1, arbitrary: anything });
}

const part = mostly(
  fc.oneof(
    fc.record({ type: fc.constant('text'), text }),
    fc.record({ type: fc.constant('image_url'), image_url: fc.record({ url: text }) }),
    fc.record({ type: text }),
  ),
);

const toolCall = fc.record({
  id: text,
  type: fc.constant('function'),
  function: fc.record({ name: text, arguments: text }),
});

const message = mostly(
  fc.oneof(
    fc.record({
      role: fc.constantFrom('system', 'developer', 'user'),
      content: mostly(fc.oneof(text, fc.array(part, { minLength: 1, maxLength: 3 }))),
    }),
    fc.record({
      role: fc.constant('assistant'),
      content: mostly(text),
      tool_calls: mostly(fc.array(toolCall, { maxLength: 3 })),
    }),
    fc.record({ role: fc.constant('tool'), tool_call_id: text, content: mostly(text) }),
  ),
);

const tool = fc.record({
  type: fc.constant('function'),
  function: fc.record({
    name: fc.stringMatching(/^[a-z]{1,10}$/),
    parameters: mostly(fc.dictionary(text, anything, { maxKeys: 3 })),
  }),
});

/** `mock` is left out: with it a caller asks the mock provider for failures. */
const request = fc.record(
  {
    model: mostly(fc.constantFrom('plain', 'gpt-4o')),
    messages: mostly(fc.array(message, { minLength: 1, maxLength: 4 })),
    stream: mostly(fc.boolean()),
    stream_options: mostly(fc.record({ include_usage: fc.boolean() })),
    temperature: mostly(fc.double({ min: 0, max: 2, noNaN: true })),
    n: mostly(fc.integer({ min: 1, max: 5 })),
    max_tokens: mostly(fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constantFrom(2 ** 31, 2 ** 53 - 1))),
    stop: mostly(fc.oneof(text, fc.array(text, { maxLength: 4 }))),
    tools: mostly(fc.array(tool, { minLength: 1, maxLength: 3 })),
    tool_choice: mostly(fc.constantFrom('auto', 'none', 'required')),
    response_format: mostly(
      fc.oneof(
        fc.record({
          type: fc.constant('json_schema'),
          json_schema: fc.record({ name: text, schema: fc.dictionary(text, anything) }),
        }),
        fc.constant({ type: 'json_object' }),
      ),
    ),
    reasoning_effort: mostly(fc.constantFrom('none', 'low', 'high')),
    metadata: mostly(fc.dictionary(text, anything, { maxKeys: 4 })),
    logit_bias: mostly(fc.dictionary(fc.nat().map(String), fc.integer({ min: -100, max: 100 }), { maxKeys: 3 })),
    user: mostly(text),
    seed: mostly(fc.maxSafeInteger()),
    num_retries: mostly(fc.integer({ min: 0, max: 3 })),
    fallbacks: mostly(fc.constantFrom(['gpt-4o'], [{ plain: ['gpt-4o'] }], [])),
    timeout: mostly(fc.double({ min: 5, max: 100, noNaN: true })),
    tags: mostly(fc.array(text, { maxLength: 3 })),
    drop_params: mostly(fc.boolean()),
    extra_body: mostly(fc.dictionary(fc.constantFrom('top_k', 'a', 'b'), anything, { maxKeys: 2 })),
    cache: anything,
    unknown_field: anything,
  },
  { requiredKeys: ['model', 'messages'] },
);

const json = fc
  .oneof({ weight: 8, arbitrary: request }, { weight: 1, arbitrary: anything })
  .map((value) => JSON.stringify(value));

/** The same text after a byte was changed, or cut short: neither JSON nor UTF-8 any more, often. */
const bytes = fc.tuple(json, fc.nat(), fc.nat({ max: 255 }), fc.boolean()).map(([whole, at, byte, cut]) => {
  const buffer = Buffer.from(whole);
  const position = at % Math.max(1, buffer.length);
  if (cut) return buffer.subarray(0, position);
  buffer[position] = byte;
  return buffer;
});

const body = fc.oneof(
  { weight: 3, arbitrary: json.map((whole) => Buffer.from(whole)) },
  { weight: 1, arbitrary: bytes },
);

type Outcome = { readonly status: number; readonly text: string; readonly body: string };

async function send(content: Buffer): Promise<Outcome> {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json' },
    body: new Uint8Array(content),
  });
  return { status: response.status, text: await response.text(), body: content.toString() };
}

describe('the gateway', () => {
  it('answers a thousand generated bodies without a 5xx, and is well afterwards', async () => {
    const bodies = fc.sample(body, BODIES);
    const outcomes: Outcome[] = [];
    const work = async (): Promise<void> => {
      for (let next = bodies.pop(); next !== undefined; next = bodies.pop()) outcomes.push(await send(next));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));

    expect(outcomes).toHaveLength(BODIES);
    expect(outcomes.filter(({ status }) => status >= 500)).toEqual([]);
    for (const { status, text: answer } of outcomes.filter((outcome) => outcome.status !== 200)) {
      expect({ status, answer: JSON.parse(answer) as unknown }).toMatchObject({
        answer: { error: { message: expect.any(String), type: expect.any(String), code: expect.any(String) } },
      });
    }
    // The generator must reach behind the schema, or it proves nothing about what lies there.
    expect(outcomes.filter(({ status }) => status === 200).length).toBeGreaterThan(BODIES / 20);
    expect((await fetch(`${gateway.url}/health/readiness`)).status).toBe(200);
  }, 240_000);
});
