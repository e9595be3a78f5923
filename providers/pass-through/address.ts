/** Where a call behind a door goes: the provider's own address and what the caller wrote after the door. Nothing else can be reached. */
import { placeOf, type Service } from '../bedrock/region.ts';
import { RUNTIME } from '../bedrock/address.ts';
import { checkRest, refusePath } from '../dialects/passed-path.ts';
import { Refused } from '../protocol/refused.ts';
import type { Target } from '../provider.ts';
import { BASE_URL as VERTEX_URL, hostAt } from '../vertex/address.ts';

export type PassedUrl = {
  readonly url: string;
  /** For `sigv4`. */
  readonly signingRegion?: string;
};

const AGENTS: Service = { host: 'bedrock-agent-runtime', setting: 'aws_bedrock_agent_runtime_endpoint' };

/** Of Bedrock's operations, those that its other service answers. */
const AGENT_PATH =
  /^(agents|knowledgebases|flows|prompts|sessions|rerank|retrieveAndGenerate|retrieveAndGenerateStream|optimize-prompt)(\/|$)/i;

const DISCOVERY_URL = 'https://discoveryengine.googleapis.com';

/** `…/v1` and `v1/models` are `…/v1/models`: clients are given an address with or without the version. */
export function joined(baseUrl: string, path: string): string {
  const base = new URL(baseUrl);
  const segments = base.pathname.split('/').filter((segment) => segment !== '');
  const asked = path.split('/');
  let overlap = Math.min(segments.length, asked.length);
  while (overlap > 0 && segments.slice(-overlap).join('/') !== asked.slice(0, overlap).join('/')) overlap -= 1;
  const whole = [...segments, ...asked.slice(overlap)].join('/');
  const url = new URL(`${base.origin}/${whole}`);
  const root = segments.length === 0 ? '/' : `/${segments.join('/')}/`;
  if (url.origin !== base.origin || !`${url.pathname}/`.startsWith(root)) refusePath('The path leaves the provider.');
  return `${base.origin}/${whole}`;
}

function vertexUrl(path: string, target: Target): string {
  const discovery = /^discovery\//.exec(path);
  if (discovery !== null) return joined(DISCOVERY_URL, path.slice(discovery[0].length));
  if (target.baseUrl !== VERTEX_URL) return joined(target.baseUrl, path);
  const location = /(?:^|\/)locations\/([^/:]+)/.exec(path)?.[1] ?? 'global';
  if (!/^[a-z0-9-]+$/.test(location)) refusePath('The path names no location of Google Cloud.');
  return joined(hostAt(location), path);
}

function bedrockUrl(path: string, target: Target): PassedUrl {
  const service = AGENT_PATH.test(path) ? AGENTS : RUNTIME;
  // The configured address is the runtime's; the other service has one of its own.
  const own = service === AGENTS ? { ...target, baseUrl: '' } : target;
  const inArn = /^model\/arn(?::|%3A)aws[a-z-]*(?::|%3A)bedrock(?::|%3A)([a-z0-9-]+)/i.exec(path)?.[1];
  const { region, baseUrl } = placeOf(own, service, inArn);
  return { url: joined(baseUrl, path), signingRegion: region };
}

/** `rest` is the caller's path behind the door and its query. Throws {@link Refused}. */
export function addressOf(provider: string, rest: string, target: Target): PassedUrl {
  const at = rest.indexOf('?');
  const path = checkRest(at === -1 ? rest : rest.slice(0, at));
  const query = at === -1 ? '' : rest.slice(at);
  if (!/^[\x21-\x7e]*$/.test(query) || query.includes('#')) refusePath('The query holds characters that no URL has.');
  if (provider === 'bedrock') {
    const { url, ...more } = bedrockUrl(path, target);
    return { url: url + query, ...more };
  }
  if (!URL.canParse(target.baseUrl))
    throw new Refused('provider_unreachable', 'This provider has no address: set the variable of its base URL.');
  return { url: (provider === 'vertex_ai' ? vertexUrl(path, target) : joined(target.baseUrl, path)) + query };
}
