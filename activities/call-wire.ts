/** The sending half of a call: what a deployment is to its provider, the request with its credential, and the provider's refusal. */
import { MOCK_BASE_URL } from '../providers/mock.ts';
import type { Failure } from '../providers/protocol/errors.ts';
import { parseJson } from '../providers/protocol/json.ts';
import type { Auth, Provider, Target, WireRequest } from '../providers/provider.ts';
import type { Call } from './call.ts';
import type { Deployment } from './config/config.ts';
import { CallAborted, type HttpCall, type HttpClient, type HttpReply } from './http/client.ts';
import { authorize, type Credentials } from './http/credentials.ts';
import { googleProject } from './http/google.ts';
import { callMock } from './http/mock.ts';
import type { Line } from './receipt.ts';
import { reach, reachSoon } from './telemetry/fault-points.ts';

export async function send(
  http: HttpClient,
  call: Call,
  signal: AbortSignal,
  provider: Provider,
  wire: WireRequest,
): Promise<HttpReply> {
  return transmit(http, call, signal, provider.auth, wire, () => {
    reach('call.before_send');
    reachSoon('call.in_flight');
  });
}

/** Any later request of the same call, too. `beforeSend` comes after the credential was had. */
export async function transmit(
  http: HttpClient,
  call: Call,
  signal: AbortSignal,
  auth: Auth,
  wire: WireRequest,
  beforeSend?: () => void,
): Promise<HttpReply> {
  const { deployment, streaming } = call;
  const headers = {
    ...wire.headers,
    ...(await orAborted(authorize(auth, wire, credentialsOf(deployment)), signal)),
    // The provider's support can find a call by it, and a fault campaign can match calls with attempts.
    'x-holdfast-attempt': `${call.id}.${call.n}`,
  };
  beforeSend?.();
  const idleMs = streaming ? call.idleMs : call.timeoutMs;
  const httpCall: HttpCall = {
    method: wire.method,
    url: wire.url,
    headers,
    body: wire.body,
    limits: { firstByteMs: idleMs, idleMs },
    signal,
  };
  return wire.url.startsWith(MOCK_BASE_URL) ? callMock(httpCall) : http.call(httpCall);
}

/** For what follows a call's first request. */
export function lineOf(http: HttpClient, call: Call, signal: AbortSignal, provider: Provider): Line {
  return {
    send: async (next, { authorized = true, until = signal } = {}) =>
      transmit(http, call, until, authorized ? provider.auth : { kind: 'none' }, next),
    readError: async (bad) => readError(provider, bad),
    signal,
  };
}

/** What the deployment is to its provider. Errors: those of asking a credential for its project. */
export async function targetOf(provider: Provider, call: Call, signal: AbortSignal): Promise<Target> {
  return withProject(provider, toTarget(provider, call), call.deployment, signal);
}

function toTarget(provider: Provider, call: Call): Target {
  const { deployment } = call;
  return {
    model: deployment.model,
    baseUrl: (deployment.baseUrl ?? provider.baseUrl).replace(/\/+$/, ''),
    settings: { ...call.settings.defaults, ...deployment.settings, ...call.settings.wished },
    id: `chatcmpl-${call.id.slice(4)}`,
    created: Math.floor(Date.now() / 1000),
  };
}

/** Google's addresses name a project; where the configuration does not, the credential does. */
async function withProject(
  provider: Provider,
  target: Target,
  deployment: Deployment,
  signal: AbortSignal,
): Promise<Target> {
  const { auth } = provider;
  const { settings } = target;
  if (auth.kind !== 'google-oauth' || (settings['vertex_project'] ?? settings['vertex_ai_project']) !== undefined)
    return target;
  const project = await orAborted(googleProject(auth.scope, credentialsOf(deployment)), signal);
  return project === undefined ? target : { ...target, settings: { ...settings, vertex_project: project } };
}

/** What cannot be aborted itself: asking for a credential must not outlast the call it is for. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => {
      const { reason } = signal as { reason: unknown };
      // Nothing was sent yet.
      reject(
        reason instanceof CallAborted ? new CallAborted({ ...reason.failure, billed: 'no' }) : new Error('aborted'),
      );
    };
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', onAbort);
    });
  });
}

function credentialsOf(deployment: Deployment): Credentials {
  return { ...apiKeyOf(deployment), settings: deployment.settings };
}

function apiKeyOf(deployment: Deployment): { readonly apiKey?: string } {
  return deployment.apiKey === undefined ? {} : { apiKey: deployment.apiKey };
}

/** Of an answer whose status is not 2xx. */
export async function readError(provider: Provider, reply: HttpReply): Promise<Failure> {
  const text = await reply.text();
  return provider.fromError(reply.status, parseJson(text) ?? text, reply.headers);
}
