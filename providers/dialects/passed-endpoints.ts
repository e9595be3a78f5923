/** Which of the providers' endpoints generate: in whose words they are answered, and which model they ask. */
import { isObject, textOf } from '../protocol/json.ts';
import type { Method } from './passed.ts';

export type PassedEndpoint = {
  /** How the answer is read to account for it; `unread`: it generates, and nobody can say how much; `free`: it only counts. */
  readonly answers:
    'chat' | 'anthropic' | 'responses' | 'google' | 'bedrock' | 'cohere' | 'embeddings' | 'rerank' | 'unread' | 'free';
  /** As the path names it; absent where the body does. */
  readonly model?: string;
  /** What reading needs beside the model: Vertex AI's publisher, Bedrock's protocol. */
  readonly by?: string;
};

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

type Row = {
  readonly path: RegExp;
  readonly answers: PassedEndpoint['answers'];
};

/** A path names its model as `model`, and `by`. The first row that fits. */
const ROWS: readonly Row[] = [
  { path: /(?:^|\/)deployments\/(?<model>[^/]+)\/chat\/completions$/, answers: 'chat' },
  { path: /(?:^|\/)deployments\/(?<model>[^/]+)\/embeddings$/, answers: 'embeddings' },
  { path: /(?:^|\/)chat\/completions$/, answers: 'chat' },
  { path: /(?:^|\/)v1\/messages$/, answers: 'anthropic' },
  { path: /(?:^|\/)responses$/, answers: 'responses' },
  {
    path: /(?:^|\/)(?:publishers\/(?<by>[\w-]+)\/)?(?:models|tunedModels)\/(?<model>[^/:]+):(?:streamGenerateContent|generateContent|rawPredict|streamRawPredict)$/,
    answers: 'google',
  },
  {
    path: /(?:^|\/)models\/(?<model>[^/:]+):(?:embedContent|batchEmbedContents|predict|predictLongRunning)$/,
    answers: 'unread',
  },
  {
    path: /^model\/(?<model>[^/]+)\/(?<by>converse|converse-stream|invoke|invoke-with-response-stream)$/,
    answers: 'bedrock',
  },
  { path: /(?:^|\/)models\/(?<model>[^/:]+):(?:countTokens|count-tokens:rawPredict)$/, answers: 'free' },
  { path: /(?:^|\/)(?:messages\/count_tokens|responses\/input_tokens)$/, answers: 'free' },
  { path: /^model\/(?<model>[^/]+)\/count-tokens$/, answers: 'free' },
  { path: /(?:^|\/)v2\/chat$/, answers: 'cohere' },
  { path: /(?:^|\/)(?:embeddings|embed)$/, answers: 'embeddings' },
  { path: /(?:^|\/)rerank$/, answers: 'rerank' },
  {
    path: /(?:^|\/)(?:completions|fim\/completions|v1\/chat|moderations|images\/(?:generations|edits|variations)|audio\/(?:speech|transcriptions|translations)|api\/(?:chat|generate|embed)|text\/(?:chat|generation|chat_stream|generation_stream)|listen|speak|text-to-speech\/[^/]+(?:\/stream)?|speech-to-text)$/,
    answers: 'unread',
  },
];

/** Undefined where nothing is generated, or nothing is known of it. `path` is without its query. */
export function endpointOf(method: Method, path: string): PassedEndpoint | undefined {
  if (method !== 'POST') return undefined;
  const plain = path.replace(/^\/+|\/+$/g, '');
  for (const row of ROWS) {
    const match = row.path.exec(plain);
    if (match === null) continue;
    const { model, by } = match.groups ?? {};
    return {
      answers: row.answers,
      ...(model === undefined ? {} : { model: decoded(model) }),
      ...(by === undefined ? {} : { by }),
    };
  }
  return undefined;
}

/** Longer names are nobody's model, and a plan is kept for each. */
const MODEL = /^[\w.:@/+-]{1,200}$/;

/** The model that is asked, by the path or the body. */
export function modelAsked(endpoint: PassedEndpoint | undefined, body: unknown): string | undefined {
  const named = endpoint?.model ?? (isObject(body) ? textOf(body['model']) : undefined);
  return named !== undefined && MODEL.test(named) ? named : undefined;
}

/** Whether the answer is to be read as it arrives: by the body in most protocols, by the path in Google's and Amazon's. */
export function asksForStream(path: string, body: unknown): boolean {
  return /stream/i.test(path.slice(path.lastIndexOf('/') + 1)) || (isObject(body) && body['stream'] === true);
}
