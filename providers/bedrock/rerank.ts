/** Bedrock's rerank, a service of its own beside the models' runtime. */
import { listOf, type JsonObject } from '../protocol/json.ts';
import { oneOf } from '../protocol/plain-parameters.ts';
import { unitsOf } from '../protocol/plain-usage.ts';
import { createPlain } from '../protocol/plain-wire.ts';
import { documentTexts, scoresIn, toRerank } from '../protocol/rerank.ts';
import type { Usage } from '../protocol/usage.ts';
import type { Target } from '../provider.ts';
import { RUNTIME } from './address.ts';
import { TITLE } from './error.ts';
import { namedModel } from './model.ts';
import { defaultBaseUrl, placeOf, type Place, type Service } from './region.ts';

const AGENT_RUNTIME: Service = { host: 'bedrock-agent-runtime', setting: 'aws_bedrock_agent_runtime_endpoint' };

/** The provider's own address is the runtime's, which has no rerank. */
function agentPlace(target: Target, named: string | undefined): Place {
  const { baseUrl } = target;
  const runtime = /^https:\/\/bedrock-runtime\.([a-z0-9-]+)\.amazonaws\.com/.exec(baseUrl)?.[1];
  const isDefault = baseUrl === defaultBaseUrl(RUNTIME);
  const region = isDefault ? named : (runtime ?? named);
  return placeOf(runtime === undefined ? target : { ...target, baseUrl: '' }, AGENT_RUNTIME, region);
}

function arnOf(id: string, region: string): string {
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  return id.startsWith('arn:') ? id : `arn:${partition}:bedrock:${region}::foundation-model/${id}`;
}

export const rerank = createPlain({
  title: TITLE,
  takes: oneOf('query', 'documents', 'top_n', 'return_documents', 'rank_fields'),
  toWire: ({ query, top_n: most }, target, body) => {
    const { id, region: named } = namedModel(target);
    const { region, baseUrl } = agentPlace(target, named);
    const texts = documentTexts(body);
    return {
      url: `${baseUrl}/rerank`,
      headers: { accept: 'application/json' },
      json: {
        queries: [{ type: 'TEXT', textQuery: { text: query } }],
        sources: texts.map((text) => ({
          type: 'INLINE',
          inlineDocumentSource: { type: 'TEXT', textDocument: { text } },
        })),
        rerankingConfiguration: {
          type: 'BEDROCK_RERANKING_MODEL',
          bedrockRerankingConfiguration: {
            modelConfiguration: { modelArn: arnOf(id, region) },
            // More than there are documents is refused.
            ...(typeof most === 'number' ? { numberOfResults: Math.min(most, texts.length) } : {}),
          },
        },
      },
      signingRegion: region,
    };
  },
  fromResponse: ({ json }, body, target) =>
    toRerank(scoresIn(json, 'results', 'relevanceScore'), body, searchesFor(body), target.id),
});

/** Amazon charges queries, and counts each hundred documents as one. */
const DOCUMENTS_A_QUERY = 100;

function searchesFor(body: JsonObject): Usage {
  return unitsOf({ queries: Math.ceil(listOf(body['documents']).length / DOCUMENTS_A_QUERY) });
}
