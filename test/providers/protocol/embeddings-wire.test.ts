/** Embeddings of texts by providers that have words of their own for them. */
import { describe, expect, it } from '@jest/globals';
import { catalog } from '../../../providers/catalog.ts';
import type { JsonObject } from '../../../providers/protocol/json.ts';
import { InvalidResponse, type PlainTranslation } from '../../../providers/provider.ts';
import { bodyOf, jsonReply, operationOf, sentPlain } from '../plain.ts';
import { targetOf } from '../streams.ts';

const VECTORS = [
  [0.5, -0.25],
  [0.125, 1],
] as const;
const BEDROCK = 'https://bedrock-runtime.us-west-2.amazonaws.com/model';

type Row = {
  readonly id: string;
  readonly model: string;
  readonly settings?: JsonObject;
  readonly baseUrl?: string;
  readonly fields?: JsonObject;
  readonly url: string;
  readonly sent: object;
  readonly reply: unknown;
  readonly tokens?: number;
};

const ROWS: readonly Row[] = [
  {
    id: 'bedrock',
    model: 'cohere.embed-multilingual-v3',
    fields: { input_type: 'search_query' },
    url: `${BEDROCK}/cohere.embed-multilingual-v3/invoke`,
    sent: { texts: ['a', 'b'], input_type: 'search_query', embedding_types: ['float'] },
    reply: { id: 'e', response_type: 'embeddings_by_type', embeddings: { float: VECTORS } },
  },
  {
    id: 'sagemaker',
    model: 'my-endpoint',
    url: 'https://runtime.sagemaker.us-west-2.amazonaws.com/endpoints/my-endpoint/invocations',
    sent: { inputs: ['a', 'b'] },
    reply: VECTORS,
  },
  {
    id: 'sagemaker',
    model: 'voyage-3',
    fields: { dimensions: 2 },
    url: 'https://runtime.sagemaker.us-west-2.amazonaws.com/endpoints/voyage-3/invocations',
    sent: { input: ['a', 'b'], output_dimension: 2 },
    reply: { data: VECTORS.map((embedding) => ({ embedding })), usage: { total_tokens: 4 } },
    tokens: 4,
  },
  {
    id: 'watsonx',
    model: 'ibm/slate-125m-english-rtrvr',
    settings: { project_id: 'p', watsonx_region_name: 'eu-de' },
    baseUrl: '',
    fields: { truncate_input_tokens: 9 },
    url: 'https://eu-de.ml.cloud.ibm.com/ml/v1/text/embeddings?version=2024-03-13',
    sent: {
      inputs: ['a', 'b'],
      model_id: 'ibm/slate-125m-english-rtrvr',
      project_id: 'p',
      parameters: { truncate_input_tokens: 9 },
    },
    reply: { results: VECTORS.map((embedding) => ({ embedding })), input_token_count: 6 },
    tokens: 6,
  },
  {
    id: 'databricks',
    model: 'databricks-bge-large-en',
    baseUrl: 'https://adb-1.azuredatabricks.net',
    url: 'https://adb-1.azuredatabricks.net/serving-endpoints/embeddings',
    sent: { model: 'databricks-bge-large-en', input: ['a', 'b'], encoding_format: 'float', user: 'u' },
    reply: {
      data: VECTORS.map((embedding, index) => ({ embedding, index })),
      usage: { prompt_tokens: 3, total_tokens: 3 },
    },
    tokens: 3,
  },
  {
    id: 'snowflake',
    model: 'e5-base-v2',
    settings: { account_id: 'me-1' },
    baseUrl: '',
    url: 'https://me-1.snowflakecomputing.com/api/v2/cortex/inference:embed',
    sent: { model: 'e5-base-v2', text: ['a', 'b'] },
    reply: { data: VECTORS.map((vector, index) => ({ embedding: [vector], index })), usage: { total_tokens: 5 } },
    tokens: 5,
  },
  {
    id: 'cloudflare',
    model: '@cf/baai/bge-m3',
    settings: { account_id: 'acc' },
    baseUrl: '',
    url: 'https://api.cloudflare.com/client/v4/accounts/acc/ai/v1/embeddings',
    sent: { model: '@cf/baai/bge-m3', input: ['a', 'b'], encoding_format: 'float', user: 'u' },
    reply: { success: true, result: { data: VECTORS.map((embedding, index) => ({ embedding, index })) } },
  },
];

function of(id: string): PlainTranslation & { readonly baseUrl: string } {
  const provider = catalog[id];
  if (provider === undefined) throw new Error(id);
  return { ...operationOf(provider, 'embeddings'), baseUrl: provider.baseUrl };
}

describe.each(ROWS)('embeddings of $id by $model', (row) => {
  const { toRequest, fromResponse, baseUrl } = of(row.id);
  const target = targetOf(row.model, row.settings ?? {}, row.baseUrl ?? baseUrl);
  const body = { model: 'asked', input: ['a', 'b'], encoding_format: 'float', user: 'u', ...row.fields };

  it('are asked for in its words', () => {
    const wire = sentPlain(toRequest(body, target));
    expect(wire.url).toBe(row.url);
    expect(wire.json).toEqual(row.sent);
  });

  it('come in the order of the inputs, counted where the provider counts', () => {
    const answer = fromResponse(jsonReply(row.reply), body, target);
    expect(bodyOf(answer)['data']).toEqual(
      VECTORS.map((embedding, index) => ({ object: 'embedding', index, embedding })),
    );
    expect(answer.usage?.prompt_tokens).toBe(row.tokens);
  });

  it('are refused when some are missing', () => {
    expect(() => fromResponse(jsonReply(row.reply), { input: ['a', 'b', 'c'] }, target)).toThrow(InvalidResponse);
  });
});

describe('a model of Bedrock that reads one text a call', () => {
  const { toRequest, fromResponse, split, join, baseUrl } = of('bedrock');
  const titan = targetOf('amazon.titan-embed-text-v2:0', { aws_region_name: 'eu-central-1' }, baseUrl);

  it('is asked for each text, and answers as one', () => {
    const body = { input: ['a', 'b'], dimensions: 256 };
    const pieces = split?.(body, titan) ?? [];
    expect(pieces).toEqual([
      { input: 'a', dimensions: 256 },
      { input: 'b', dimensions: 256 },
    ]);
    const wires = pieces.map((piece) => sentPlain(toRequest(piece, titan)));
    expect(wires.map(({ json }) => json)).toEqual([
      { inputText: 'a', dimensions: 256 },
      { inputText: 'b', dimensions: 256 },
    ]);
    expect(wires[0]).toMatchObject({
      url: 'https://bedrock-runtime.eu-central-1.amazonaws.com/model/amazon.titan-embed-text-v2%3A0/invoke',
      signingRegion: 'eu-central-1',
    });
    const answers = VECTORS.map((embedding, index) =>
      fromResponse(jsonReply({ embedding, inputTextTokenCount: index + 2 }), pieces[index] ?? {}, titan),
    );
    const joined = join?.(answers, body, titan);
    expect(joined?.usage?.prompt_tokens).toBe(5);
    expect(joined && bodyOf(joined)['data']).toEqual(
      VECTORS.map((embedding, index) => ({ object: 'embedding', index, embedding })),
    );
  });

  it('packs what was asked for in base64 once', () => {
    const body = { input: ['a', 'b'], encoding_format: 'base64' };
    const pieces = split?.(body, titan) ?? [];
    const answers = pieces.map((piece) => fromResponse(jsonReply({ embedding: [1] }), piece, titan));
    const joined = join?.(answers, body, titan);
    expect(joined && bodyOf(joined)['data']).toMatchObject([{ embedding: 'AACAPw==' }, { embedding: 'AACAPw==' }]);
    expect(joined?.usage).toBeUndefined();
  });

  it.each([
    ['amazon.titan-embed-image-v1', { inputText: 'a', embeddingConfig: { outputEmbeddingLength: 384 } }],
    [
      'amazon.nova-2-multimodal-embeddings-v1:0',
      {
        schemaVersion: 'nova-multimodal-embed-v1',
        taskType: 'SINGLE_EMBEDDING',
        singleEmbeddingParams: {
          embeddingPurpose: 'GENERIC_INDEX',
          embeddingDimension: 384,
          text: { value: 'a', truncationMode: 'END' },
        },
      },
    ],
  ])('%s has words of its own', (model, sent) => {
    expect(sentPlain(toRequest({ input: 'a', dimensions: 384 }, targetOf(model, {}, baseUrl))).json).toEqual(sent);
  });

  it('is read where its vectors lie, and counted by a header where the body does not count', () => {
    const nova = targetOf('amazon.nova-2-multimodal-embeddings-v1:0', {}, baseUrl);
    const reply = jsonReply({ embeddings: [{ embedding: [1], embeddingType: 'TEXT' }] });
    const headers = { 'x-amzn-bedrock-input-token-count': '7' };
    const answer = fromResponse({ ...reply, headers }, { input: 'a' }, nova);
    expect(bodyOf(answer)['data']).toMatchObject([{ embedding: [1] }]);
    expect(answer.usage?.prompt_tokens).toBe(7);
  });

  it.each([
    ['amazon.titan-embed-text-v1', { dimensions: 2 }, 'dimensions'],
    ['amazon.titan-embed-text-v2:0', { input_type: 'x' }, 'input_type'],
    ['meta.llama3-8b', {}, 'model'],
    ['cohere.embed-english-v3', { input: [1, 2] }, 'input'],
  ])('%s refuses %j', (model, fields, param) => {
    expect(toRequest({ input: 'a', ...fields }, targetOf(model, {}, baseUrl))).toMatchObject({
      refused: { code: 'unsupported_parameter', param },
    });
  });
});

describe('a deployment without an address or a project', () => {
  it.each(['watsonx', 'snowflake', 'cloudflare', 'databricks'])('of %s says what to set', (id) => {
    expect(of(id).toRequest({ input: 'a' }, targetOf('m', {}, ''))).toMatchObject({
      refused: { code: 'provider_unreachable' },
    });
  });
});
