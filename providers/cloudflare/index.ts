/** Cloudflare Workers AI, at its address for OpenAI's wire. */
import { createOpenAiProvider, type OpenAiWire } from '../openai/create.ts';
import { createEmbeddings } from '../openai/plain.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import { toFailure } from '../protocol/failure.ts';
import { isObject, textOf } from '../protocol/json.ts';
import type { Provider, Refusal, Target } from '../provider.ts';
import { readFrame } from './frame.ts';

const TITLE = 'Cloudflare Workers AI';

const CODES: Readonly<Record<string, ErrorCode>> = {
  '3007': 'provider_timeout',
  '3036': 'rate_limit_exceeded',
  '3040': 'rate_limit_exceeded',
  '5007': 'provider_model_not_found',
  '10000': 'provider_auth_failed',
};

const wire: OpenAiWire = {
  id: 'cloudflare',
  title: TITLE,
  baseUrl: '',
  baseUrlVariables: ['CLOUDFLARE_API_BASE'],
  keyVariables: ['CLOUDFLARE_API_KEY', 'CLOUDFLARE_API_TOKEN'],
  settingVariables: { account_id: ['CLOUDFLARE_ACCOUNT_ID'] },
  auth: { kind: 'bearer' },
  unsupported: ['user', 'verbosity'],
  maxTokens: 'max_tokens',
  reasoning: 'effort',
  streamUsage: true,
  keeps: [],
  readFrame,
};

const base = createOpenAiProvider(wire);

function baseOf({ baseUrl, settings }: Target): string {
  const account = textOf(settings['account_id']);
  const root =
    baseUrl !== '' || account === undefined
      ? baseUrl
      : `https://api.cloudflare.com/client/v4/accounts/${encodeURIComponent(account)}/ai`;
  // The address of the older API, as configurations for it have it.
  return root.replace(/\/ai(\/run)?$/, '/ai/v1');
}

function noAddress(): Refusal {
  const message = `${TITLE} has no address: set account_id (CLOUDFLARE_ACCOUNT_ID) or api_base on the deployment.`;
  return { refused: { code: 'provider_unreachable', message, billed: 'no' } };
}

const ownEmbeddings = createEmbeddings(wire);

export const cloudflare: Provider = {
  ...base,
  chat: {
    ...base.chat,
    toRequest: (request, target) => {
      const baseUrl = baseOf(target);
      return baseUrl === '' ? noAddress() : base.chat.toRequest(request, { ...target, baseUrl });
    },
  },
  embeddings: {
    ...ownEmbeddings,
    toRequest: (body, target) => {
      const baseUrl = baseOf(target);
      return baseUrl === '' ? noAddress() : ownEmbeddings.toRequest(body, { ...target, baseUrl });
    },
    // Some of its models answer in its own envelope.
    fromResponse: (reply, body, target) =>
      ownEmbeddings.fromResponse({ ...reply, json: unwrapped(reply.json) }, body, target),
  },
  fromError: (status, body, headers) => toFailure({ title: TITLE, status, body, headers, codes: CODES }),
};

function unwrapped(json: unknown): unknown {
  return isObject(json) && isObject(json['result']) ? json['result'] : json;
}
