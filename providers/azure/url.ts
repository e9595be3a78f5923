/** Where a chat completion goes on Azure: four kinds of addresses that configurations hold, and two generations of the API. */
import { textOf } from '../protocol/json.ts';
import type { Refusal, Target } from '../provider.ts';

const OPENAI_VERSION = '2025-02-01-preview';
const MODELS_VERSION = '2024-05-01-preview';

/** Versions of the API that has the model in the body and no deployment in its path. */
const UNVERSIONED: ReadonlySet<string> = new Set(['v1', 'latest', 'preview']);

function versionIn(target: Target, url: URL): string | undefined {
  return url.searchParams.get('api-version') ?? textOf(target.settings['api_version']);
}

function withPath(url: URL, path: string, version?: string): string {
  const result = new URL(url);
  result.pathname = path;
  if (version === undefined) result.searchParams.delete('api-version');
  else result.searchParams.set('api-version', version);
  return result.toString();
}

function v1Url(url: URL, root: string, version: string | undefined): string {
  // `v1` is in the path already; the other two words choose what is not stable yet.
  return withPath(url, `${root}/openai/v1/chat/completions`, version === 'v1' ? undefined : version);
}

/** Nothing when the address is no URL. */
export function azureUrl(target: Target, deployment: string): string | undefined {
  if (!URL.canParse(target.baseUrl)) return undefined;
  const url = new URL(target.baseUrl);
  const path = url.pathname.replace(/\/+$/, '');
  const version = versionIn(target, url);
  if (path.endsWith('/openai/v1/chat/completions') || path.endsWith('/openai/v1'))
    return v1Url(
      url,
      path.slice(0, path.lastIndexOf('/openai/v1')),
      version !== undefined && UNVERSIONED.has(version) ? version : 'v1',
    );
  if (path.endsWith('/chat/completions')) return withPath(url, path, version ?? OPENAI_VERSION);
  if (/\/openai\/deployments\/[^/]+$/.test(path))
    return withPath(url, `${path}/chat/completions`, version ?? OPENAI_VERSION);
  const root = path.replace(/\/openai(\/deployments)?$/, '');
  if (version !== undefined && UNVERSIONED.has(version)) return v1Url(url, root, version);
  return withPath(
    url,
    `${root}/openai/deployments/${encodeURIComponent(deployment)}/chat/completions`,
    version ?? OPENAI_VERSION,
  );
}

/** The first version of the API that has responses beside deployments. */
const RESPONSES_SINCE = '2025-03-01';

/** Where the Responses API is: the model is in the body. Nothing for an older version, and for an address of one deployment. */
export function azureResponsesUrl(target: Target): string | undefined {
  const chat = azureUrl(target, '_');
  if (chat === undefined) return undefined;
  const url = new URL(chat);
  if (url.pathname.endsWith('/openai/v1/chat/completions'))
    return withPath(url, url.pathname.replace(/chat\/completions$/, 'responses'), versionIn(target, url));
  const root = /^(.*\/openai)\/deployments\/_\/chat\/completions$/.exec(url.pathname)?.[1];
  const version = url.searchParams.get('api-version') ?? '';
  return root === undefined || version.slice(0, RESPONSES_SINCE.length) < RESPONSES_SINCE
    ? undefined
    : withPath(url, `${root}/responses`, version);
}

export type ModelsAddress = { readonly kind: 'openai' | 'anthropic'; readonly url: string };

/** Azure's model catalogue: Foundry resources, endpoints of one model, and Claude in Anthropic's protocol. */
export function azureModelsUrl(target: Target): ModelsAddress | undefined {
  if (!URL.canParse(target.baseUrl)) return undefined;
  const url = new URL(target.baseUrl);
  const path = url.pathname.replace(/\/+$/, '');
  if (target.model.toLowerCase().startsWith('claude')) {
    const root = path.replace(/(\/anthropic(\/v1(\/messages)?)?|\/models(\/chat\/completions)?)$/, '');
    return { kind: 'anthropic', url: withPath(url, `${root}/anthropic/v1/messages`) };
  }
  const version = versionIn(target, url);
  if (path.endsWith('/chat/completions')) return { kind: 'openai', url: withPath(url, path, version) };
  if (path !== '') {
    const named = path.endsWith('/models') ? (version ?? MODELS_VERSION) : version;
    return { kind: 'openai', url: withPath(url, `${path}/chat/completions`, named) };
  }
  if (url.hostname.endsWith('.services.ai.azure.com'))
    return { kind: 'openai', url: withPath(url, '/models/chat/completions', version ?? MODELS_VERSION) };
  if (url.hostname.endsWith('.openai.azure.com')) return { kind: 'openai', url: v1Url(url, '', 'v1') };
  return { kind: 'openai', url: withPath(url, '/chat/completions', version) };
}

/** Cohere's rerank, at the root of every endpoint that has it. */
export function azureRerankUrl(target: Target): string | undefined {
  if (!URL.canParse(target.baseUrl)) return undefined;
  const url = new URL(target.baseUrl);
  return url.pathname.endsWith('/rerank') ? url.toString() : withPath(url, '/v1/rerank', versionIn(target, url));
}

/** An address that is none: a 502 that names it, before anything is sent. */
export function noUrl(title: string, found: string): Refusal {
  return {
    refused: {
      code: 'provider_unreachable',
      message: `${title}: api_base ${JSON.stringify(found)} is no URL.`,
      billed: 'no',
    },
  };
}
