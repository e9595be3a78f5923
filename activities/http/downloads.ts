/** Fetches what a caller's URL points to, from public servers only: size, time and redirects are bounded, every address is checked. */
import { isIP } from 'node:net';
import { Agent, type Dispatcher } from 'undici';
import type { UserUrls } from '../config/config.ts';
import { AddressRefused, CONNECT_MS, guardedConnector } from './guarded-connector.ts';
import { isPublicAddress } from './public-address.ts';

export type Downloaded = { readonly mediaType: string | undefined; readonly bytes: Uint8Array };

/** `limits.left` is shared by the downloads of one request: what one takes, the others cannot. */
export type DownloadLimits = { left: number; readonly signal: AbortSignal };

/** Errors: {@link DownloadRefused}; the signal's reason when it is aborted. */
export type Download = (url: string, limits: DownloadLimits) => Promise<Downloaded>;

/** The URL cannot be used; the message ends a sentence for the caller and holds nothing of our network. */
export class DownloadRefused extends Error {
  override readonly name = 'DownloadRefused';
}

export type Downloads = { readonly download: Download; close(): Promise<void> };

/** The whole download, redirects included. A provider call waits for it. */
const DOWNLOAD_MS = 30_000;
const MOST_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export function createDownloads(
  { validate, allowedHosts }: UserUrls = { validate: true, allowedHosts: [] },
): Downloads {
  const options = { keepAliveTimeout: 10_000, maxHeaderSize: 64 * 1024 };
  const guarded = new Agent({ ...options, connect: guardedConnector(isPublicAddress) });
  const open = new Agent({ ...options, connect: { timeout: CONNECT_MS } });
  const trusted = new Set(allowedHosts.map((host) => host.toLowerCase()));

  const agentFor = (url: URL): Agent => {
    if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new DownloadRefused('it is not an https URL');
    if (url.username !== '' || url.password !== '') throw new DownloadRefused('it holds a user name or a password');
    if (!validate || trusted.has(url.host) || trusted.has(url.hostname)) return open;
    if (url.protocol !== 'https:') throw new DownloadRefused('it is not an https URL');
    const literal = url.hostname.replace(/^\[|\]$/g, '');
    // A host that is an address is never looked up.
    if (isIP(literal) !== 0 && !isPublicAddress(literal)) throw new DownloadRefused(NOT_PUBLIC);
    return guarded;
  };

  return {
    download: async (text, limits) => {
      if (!URL.canParse(text)) throw new DownloadRefused('it is not a URL');
      const signal = AbortSignal.any([limits.signal, AbortSignal.timeout(DOWNLOAD_MS)]);
      try {
        let url = new URL(text);
        for (let hops = 0; hops <= MOST_REDIRECTS; hops += 1) {
          const step = await fetchOnce(agentFor(url), url, limits, signal);
          if (!('location' in step)) return step;
          url = step.location;
        }
        throw new DownloadRefused('it redirects too often');
      } catch (error) {
        limits.signal.throwIfAborted();
        throw error instanceof DownloadRefused ? error : new DownloadRefused(explain(error, signal), { cause: error });
      }
    },
    close: async () => {
      await Promise.all([guarded.destroy(), open.destroy()]);
    },
  };
}

const NOT_PUBLIC = 'its address is not public';

async function fetchOnce(
  agent: Agent,
  url: URL,
  limits: DownloadLimits,
  signal: AbortSignal,
): Promise<Downloaded | { readonly location: URL }> {
  const reply = await agent.request({
    origin: url.origin,
    path: url.pathname + url.search,
    method: 'GET',
    // Some servers refuse clients without a name; a compressed answer could be far larger than it looks.
    headers: { 'user-agent': 'holdfast', accept: '*/*', 'accept-encoding': 'identity' },
    headersTimeout: DOWNLOAD_MS,
    bodyTimeout: DOWNLOAD_MS,
    signal,
  });
  const { body, statusCode: status } = reply;
  body.on('error', ignore);
  const give = (reason: string): never => {
    body.destroy();
    throw new DownloadRefused(reason);
  };
  if (REDIRECTS.has(status)) {
    const location = headerOf(reply, 'location');
    body.destroy();
    if (location === undefined || !URL.canParse(location, url.href)) return give('it redirects to nowhere');
    return { location: new URL(location, url) };
  }
  if (status !== 200) return give(`its server answered with HTTP ${status}`);
  const encoding = headerOf(reply, 'content-encoding');
  if (encoding !== undefined && encoding !== 'identity') return give('its server sends it compressed');
  if (Number(headerOf(reply, 'content-length') ?? 0) > limits.left) return give(TOO_LARGE);
  const packets: Uint8Array[] = [];
  for await (const packet of body as AsyncIterable<Uint8Array>) {
    limits.left -= packet.byteLength;
    if (limits.left < 0) return give(TOO_LARGE);
    packets.push(packet);
  }
  const mediaType = headerOf(reply, 'content-type')?.split(';')[0]?.trim().toLowerCase();
  return { mediaType, bytes: Buffer.concat(packets) };
}

const TOO_LARGE = 'it is too large';

function ignore(): void {
  // A connection that is closed before its answer was read reports an error nobody waits for.
}

function headerOf(reply: Dispatcher.ResponseData, name: string): string | undefined {
  const value = reply.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function explain(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return `its server did not send it within ${DOWNLOAD_MS / 1000} s`;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof AddressRefused) return NOT_PUBLIC;
  }
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? `its server cannot be reached (${code})` : 'its server cannot be reached';
}
