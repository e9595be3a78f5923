/** Pictures by providers with a wire of their own. */
import { describe, expect, it } from '@jest/globals';
import { catalog } from '../../../providers/catalog.ts';
import type { JsonObject } from '../../../providers/protocol/json.ts';
import { InvalidResponse, type PlainOperation, type PlainTranslation } from '../../../providers/provider.ts';
import { bodyOf, jsonReply, operationOf, sentPlain } from '../plain.ts';
import { fixture, targetOf } from '../streams.ts';

function read(path: string): unknown {
  return JSON.parse(fixture(path));
}

function of(id: string, operation: PlainOperation = 'images'): PlainTranslation & { readonly baseUrl: string } {
  const provider = catalog[id];
  if (provider === undefined) throw new Error(id);
  return { ...operationOf(provider, operation), baseUrl: provider.baseUrl };
}

type Row = {
  readonly id: string;
  readonly model: string;
  readonly settings?: JsonObject;
  readonly fields?: JsonObject;
  readonly url: string;
  readonly sent: object;
  readonly reply: unknown;
  readonly shown: object;
};

const PLACE = 'projects/p/locations/us-central1/publishers/google/models';

const ROWS: readonly Row[] = [
  {
    id: 'vertex_ai',
    model: 'imagen-4.0-generate-001',
    settings: { vertex_project: 'p', vertex_location: 'us-central1' },
    fields: { n: 2, size: '1792x1024', negativePrompt: 'dogs' },
    url: `https://us-central1-aiplatform.googleapis.com/v1/${PLACE}/imagen-4.0-generate-001:predict`,
    sent: {
      instances: [{ prompt: 'a cat' }],
      parameters: { sampleCount: 2, aspectRatio: '16:9', negativePrompt: 'dogs' },
    },
    reply: { predictions: [{ bytesBase64Encoded: 'AAAA', mimeType: 'image/png' }] },
    shown: { b64_json: 'AAAA' },
  },
  {
    id: 'gemini',
    model: 'gemini-2.5-flash-image',
    fields: { size: '1024x1024', response_format: 'url' },
    url: 'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash-image:generateContent',
    sent: {
      contents: [{ role: 'user', parts: [{ text: 'a cat' }] }],
      generationConfig: { responseModalities: ['TEXT', 'IMAGE'], imageConfig: { aspectRatio: '1:1' } },
    },
    reply: {
      candidates: [
        { content: { parts: [{ text: 'Here:' }, { inlineData: { mimeType: 'image/webp', data: 'AAAA' } }] } },
      ],
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 1290, totalTokenCount: 1293 },
    },
    shown: { url: 'data:image/webp;base64,AAAA' },
  },
  {
    id: 'bedrock',
    model: 'amazon.nova-canvas-v1:0',
    fields: { size: '1024x512', quality: 'hd', seed: 4, negative_prompt: 'dogs' },
    url: 'https://bedrock-runtime.us-west-2.amazonaws.com/model/amazon.nova-canvas-v1%3A0/invoke',
    sent: {
      taskType: 'TEXT_IMAGE',
      textToImageParams: { text: 'a cat', negativeText: 'dogs' },
      imageGenerationConfig: { numberOfImages: 1, width: 1024, height: 512, quality: 'premium', seed: 4 },
    },
    reply: { images: ['AAAA'], error: null },
    shown: { b64_json: 'AAAA' },
  },
  {
    id: 'bedrock',
    model: 'stability.sd3-5-large-v1:0',
    fields: { size: '1792x1024', output_format: 'jpeg' },
    url: 'https://bedrock-runtime.us-west-2.amazonaws.com/model/stability.sd3-5-large-v1%3A0/invoke',
    sent: { prompt: 'a cat', aspect_ratio: '16:9', output_format: 'jpeg' },
    reply: { images: ['AAAA'], finish_reasons: [null], seeds: [1] },
    shown: { b64_json: 'AAAA' },
  },
  {
    id: 'fal_ai',
    model: 'fal-ai/flux/dev',
    fields: { n: 2, size: '1024x512', guidance_scale: 3 },
    url: 'https://fal.run/fal-ai/flux/dev',
    sent: { prompt: 'a cat', num_images: 2, image_size: { width: 1024, height: 512 }, guidance_scale: 3 },
    reply: read('fal/image.json'),
    shown: { url: 'https://v3.fal.media/1.png' },
  },
  {
    id: 'black_forest_labs',
    model: 'flux-pro-1.1',
    fields: { size: '1024x512' },
    url: 'https://api.bfl.ai/v1/flux-pro-1.1',
    sent: { prompt: 'a cat', width: 1024, height: 512 },
    reply: read('black-forest-labs/result.json'),
    shown: { url: 'https://delivery.bfl.ai/1.png' },
  },
  {
    id: 'black_forest_labs',
    model: 'flux-pro-1.1-ultra',
    fields: { size: '1792x1024', quality: 'hd' },
    url: 'https://api.bfl.ai/v1/flux-pro-1.1-ultra',
    sent: { prompt: 'a cat', aspect_ratio: '16:9', raw: true },
    reply: read('black-forest-labs/result.json'),
    shown: { url: 'https://delivery.bfl.ai/1.png' },
  },
  {
    id: 'runwayml',
    model: 'gen4_image',
    fields: { size: '1920x1080' },
    url: 'https://api.dev.runwayml.com/v1/text_to_image',
    sent: { model: 'gen4_image', promptText: 'a cat', ratio: '1920:1080' },
    reply: read('runwayml/task.json'),
    shown: { url: 'https://cdn.example/1.png' },
  },
  {
    id: 'dashscope',
    model: 'qwen-image',
    fields: { size: '1328x1328', n: 1 },
    url: 'https://dashscope.aliyuncs.com/api/v1/services/aigc/multimodal-generation/generation',
    sent: {
      model: 'qwen-image',
      input: { messages: [{ role: 'user', content: [{ text: 'a cat' }] }] },
      parameters: { size: '1328*1328', n: 1 },
    },
    reply: {
      output: { choices: [{ message: { content: [{ image: 'https://oss.example/1.png' }] } }] },
      request_id: 'r',
    },
    shown: { url: 'https://oss.example/1.png' },
  },
  {
    id: 'recraft',
    model: 'recraftv3',
    fields: { style: 'digital_illustration' },
    url: 'https://external.api.recraft.ai/v1/images/generations',
    sent: { model: 'recraftv3', prompt: 'a cat', style: 'digital_illustration' },
    reply: read('recraft/image.json'),
    shown: { image_id: 'i', url: 'https://img.recraft.ai/1' },
  },
];

describe.each(ROWS)(
  'pictures of $id by $model',
  ({ id, model, settings = {}, fields = {}, url, sent, reply, shown }) => {
    const { toRequest, fromResponse, baseUrl } = of(id);
    const target = targetOf(model, settings, baseUrl);
    const body = { prompt: 'a cat', ...fields };

    it('are asked for in its words', () => {
      const wire = sentPlain(toRequest(body, target));
      expect(wire.url).toBe(url);
      expect(wire.json).toEqual(sent);
    });

    it('are shown in OpenAI’s, counted', () => {
      const answer = fromResponse(jsonReply(reply), body, target);
      expect(bodyOf(answer)['data']).toEqual([shown]);
      expect(answer.usage?.units?.images ?? answer.usage?.completion_tokens).toBeGreaterThan(0);
    });

    it('are missed when there are none', () => {
      expect(() => fromResponse(jsonReply({}), body, target)).toThrow(InvalidResponse);
    });
  },
);

describe('a form of Stability', () => {
  const shape = targetOf('sd3.5-large', {}, of('stability').baseUrl);

  it('names the model, and the shape for the size', () => {
    const wire = sentPlain(of('stability').toRequest({ prompt: 'a cat', size: '1024x1792', seed: 3 }, shape));
    expect(wire.url).toBe('https://api.stability.ai/v2beta/stable-image/generate/sd3');
    const form = new TextDecoder().decode(wire.body as Uint8Array);
    expect(form).toMatch(/name="model"\r\n\r\nsd3.5-large\r\n/);
    expect(form).toMatch(/name="aspect_ratio"\r\n\r\n9:16\r\n/);
    expect(form).toMatch(/name="seed"\r\n\r\n3\r\n/);
  });

  it.each([
    ['stable-image-ultra', 'ultra'],
    ['stable-image-core', 'core'],
  ])('of %s goes to %s', (model, path) => {
    const wire = sentPlain(of('stability').toRequest({ prompt: 'p' }, { ...shape, model }));
    expect(wire.url).toBe(`https://api.stability.ai/v2beta/stable-image/generate/${path}`);
  });

  it('edits a picture where a mask says', () => {
    const file = (name: string) => ({ filename: name, content_type: 'image/png', base64: 'AAAA' });
    const { toRequest } = of('stability', 'imageEdits');
    const wire = sentPlain(toRequest({ prompt: 'p', image: file('a.png'), mask: file('m.png') }, shape));
    expect(wire.url).toBe('https://api.stability.ai/v2beta/stable-image/edit/inpaint');
    const form = new TextDecoder().decode(wire.body as Uint8Array);
    expect(form).toContain('name="image"; filename="a.png"');
    expect(form).toContain('name="mask"; filename="m.png"');
    expect(toRequest({ prompt: 'p' }, shape)).toMatchObject({ refused: { param: 'image' } });
  });

  it('is answered by one picture', () => {
    const { fromResponse } = of('stability');
    const answer = fromResponse(jsonReply(read('stability/image.json')), {}, shape);
    expect(bodyOf(answer)['data']).toEqual([{ b64_json: 'AAAA' }]);
  });
});

describe('a filter', () => {
  it.each([
    ['stability', 'core', { image: 'AAAA', finish_reason: 'CONTENT_FILTERED' }],
    ['black_forest_labs', 'flux-dev', { id: 'b', status: 'Content Moderated' }],
    ['runwayml', 'gen4_image', { id: 't', status: 'FAILED', failure: 'no', failureCode: 'SAFETY.INPUT.TEXT' }],
    ['gemini', 'imagen-4.0', { predictions: [{ raiFilteredReason: 'blocked' }] }],
    ['gemini', 'gemini-2.5-flash-image', { promptFeedback: { blockReason: 'SAFETY' } }],
    ['bedrock', 'amazon.nova-canvas-v1:0', { images: [], error: 'blocked by our filters' }],
  ])('of %s is told as what it is', (id, model, reply) => {
    const { fromResponse, baseUrl } = of(id);
    let thrown: unknown;
    try {
      fromResponse(jsonReply(reply), {}, targetOf(model, {}, baseUrl));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ failure: { code: 'content_policy_violation', billed: 'maybe' } });
  });
});

describe('a receipt', () => {
  const bfl = of('black_forest_labs');
  const target = targetOf('flux-dev', {}, bfl.baseUrl);

  it('of Black Forest Labs is polled at its own hosts only', () => {
    const url = 'https://api.us1.bfl.ai/v1/get_result?id=b1';
    const receipt = bfl.receipt?.(jsonReply({ id: 'b1', polling_url: url }), target);
    expect(receipt?.poll).toMatchObject({ method: 'GET', url });
    expect(bfl.receipt?.(jsonReply({ id: 'b1', status: 'Pending' }), target, receipt)).toBe(receipt);
    expect(bfl.receipt?.(jsonReply({ id: 'b1', status: 'Ready' }), target, receipt)).toBeUndefined();
    for (const other of ['https://evil.example/x', 'http://api.bfl.ai/x', 'https://notbfl.ai/x', 'nonsense'])
      expect(() => bfl.receipt?.(jsonReply({ id: 'b1', polling_url: other }), target)).toThrow(InvalidResponse);
  });

  it('of Runway is polled and cancelled by its id', () => {
    const runway = of('runwayml');
    const receipt = runway.receipt?.(jsonReply({ id: 'a/b' }), targetOf('gen4_image', {}, runway.baseUrl));
    expect(receipt).toMatchObject({
      poll: { url: 'https://api.dev.runwayml.com/v1/tasks/a%2Fb' },
      cancel: { method: 'DELETE' },
    });
  });
});

describe('models that make one picture a call', () => {
  it.each([
    ['stability', 'core'],
    ['black_forest_labs', 'flux-dev'],
    ['gemini', 'gemini-2.5-flash-image'],
    ['bedrock', 'stability.sd3-5-large-v1:0'],
  ])('of %s are asked once for each', (id, model) => {
    const { split, baseUrl } = of(id);
    const target = targetOf(model, {}, baseUrl);
    expect(split?.({ prompt: 'p', n: 2 }, target)).toEqual([
      { prompt: 'p', n: 1 },
      { prompt: 'p', n: 1 },
    ]);
    expect(split?.({ prompt: 'p' }, target)).toBeUndefined();
  });

  it('sum what they counted', () => {
    const { join, fromResponse, baseUrl } = of('gemini');
    const target = targetOf('gemini-2.5-flash-image', {}, baseUrl);
    const reply = jsonReply({
      candidates: [{ content: { parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }] } }],
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 10, totalTokenCount: 13 },
    });
    const joined = join?.([fromResponse(reply, {}, target), fromResponse(reply, {}, target)], { n: 2 }, target);
    expect(joined?.usage).toMatchObject({ prompt_tokens: 6, completion_tokens: 20 });
    expect(joined && bodyOf(joined)['data']).toHaveLength(2);
  });
});

describe('a picture made larger by Topaz', () => {
  const { toRequest, fromResponse, baseUrl } = of('topaz', 'imageVariations');
  const target = targetOf('Standard V2', {}, baseUrl);
  const image = { filename: 'a.png', content_type: 'image/png', base64: 'AAAA' };

  it('is sent as a form', () => {
    const wire = sentPlain(toRequest({ image, size: '2048x1024', output_format: 'png' }, target));
    expect(wire).toMatchObject({ url: 'https://api.topazlabs.com/image/v1/enhance', headers: { accept: 'image/png' } });
    const form = new TextDecoder().decode(wire.body as Uint8Array);
    expect(form).toMatch(/name="output_width"\r\n\r\n2048\r\n/);
    expect(form).toMatch(/name="model"\r\n\r\nStandard V2\r\n/);
  });

  it('comes as bytes', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const answer = fromResponse({ json: undefined, bytes, contentType: 'image/jpeg' }, {}, target);
    expect(bodyOf(answer)['data']).toEqual([{ b64_json: 'AQID' }]);
    expect(() => fromResponse(jsonReply({ message: 'no' }), {}, target)).toThrow(InvalidResponse);
  });
});

it.each([
  ['fal_ai', { size: '0x5' }, 'size'],
  ['black_forest_labs', { style: 'x' }, 'style'],
  ['stability', { quality: 'hd' }, 'quality'],
  ['bedrock', {}, 'model'],
])('pictures of %s refuse %j', (id, fields, param) => {
  const { toRequest, baseUrl } = of(id);
  expect(toRequest({ prompt: 'p', ...fields }, targetOf('m', {}, baseUrl))).toMatchObject({ refused: { param } });
});
