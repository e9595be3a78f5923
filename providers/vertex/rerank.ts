/** Google's ranking, a service of its own beside the models. */
import { listOf } from '../protocol/json.ts';
import { isObject } from '../protocol/json.ts';
import { oneOf } from '../protocol/plain-parameters.ts';
import { unitsOf } from '../protocol/plain-usage.ts';
import { createPlain } from '../protocol/plain-wire.ts';
import { Refused } from '../protocol/refused.ts';
import { documentTexts, toRerank } from '../protocol/rerank.ts';
import { BASE_URL, projectOf } from './address.ts';
import { TITLE } from './title.ts';

const SERVICE = 'https://discoveryengine.googleapis.com';

/** Google charges queries, and counts each hundred documents as one. */
const DOCUMENTS_A_QUERY = 100;

export const rerank = createPlain({
  title: TITLE,
  takes: oneOf('query', 'documents', 'top_n', 'return_documents', 'rank_fields'),
  toWire: ({ query, top_n: most }, target, body) => {
    const project = projectOf(target);
    if (project === undefined)
      throw new Refused('invalid_request', `${TITLE} needs a project: set vertex_project on the deployment.`);
    const place = `projects/${encodeURIComponent(project)}/locations/global/rankingConfigs/default_ranking_config`;
    return {
      url: `${target.baseUrl === BASE_URL ? SERVICE : target.baseUrl}/v1/${place}:rank`,
      headers: { 'x-goog-user-project': project },
      json: {
        model: target.model,
        query,
        records: documentTexts(body).map((content, index) => ({ id: String(index), content })),
        ignoreRecordDetailsInResponse: true,
        ...(most === undefined ? {} : { topN: most }),
      },
    };
  },
  fromResponse: ({ json }, body, target) => {
    const records = isObject(json) ? json['records'] : undefined;
    const scored = Array.isArray(records)
      ? records.map((one: unknown) => (isObject(one) ? { index: Number(one['id']), score: one['score'] } : one))
      : records;
    const usage = unitsOf({ queries: Math.ceil(listOf(body['documents']).length / DOCUMENTS_A_QUERY) });
    return toRerank(scored, body, usage, target.id);
  },
});
