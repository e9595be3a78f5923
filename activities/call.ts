/** One provider call: translate, send, read, translate back. Knows nothing of the ledger. */
import { catalog } from '../providers/catalog.ts';
import { MOCK_BASE_URL } from '../providers/mock.ts';
import { createAggregate } from '../providers/protocol/aggregate.ts';
import type { ChatChunk, ChatRequest, ChatResponse } from '../providers/protocol/chat.ts';
import type { Failure } from '../providers/protocol/errors.ts';
import {
  InvalidResponse,
  type ChatTranslation,
  type Decoder,
  type Provider,
  type Target,
  type WireEvent,
} from '../providers/provider.ts';
import type { Deployment } from './config/config.ts';
import { CallAborted, CallFailed, type HttpCall, type HttpClient, type HttpReply } from './http/client.ts';
import { inlineAttachments } from './http/attachments.ts';
import { authorize } from './http/credentials.ts';
import { createFrameReader, EventTooLarge } from './http/frames.ts';
import { callMock } from './http/mock.ts';
import { reach, reachSoon } from './telemetry/fault-points.ts';

export type Call = {
  readonly id: string;
  readonly n: number;
  readonly deployment: Deployment;
  readonly request: ChatRequest;
  readonly streaming: boolean;
  /** The whole attempt, milliseconds. */
  readonly timeoutMs: number;
  /** To the first packet and between packets of a stream, milliseconds. */
  readonly idleMs: number;
  /** `drop_params` and the like: what holds where the deployment does not say, and what the caller wishes. */
  readonly settings: {
    readonly defaults: Readonly<Record<string, unknown>>;
    readonly wished: Readonly<Record<string, unknown>>;
  };
  readonly onChunk: (chunk: ChatChunk) => void;
};

export type CallResult =
  | { readonly kind: 'answered'; readonly response: ChatResponse }
  /** `partial` is what had been streamed until then. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly partial?: ChatResponse };

export type RunningCall = {
  readonly result: Promise<CallResult>;
  /** Ends the call; its result is then this failure, unless it had ended already. */
  abort(failure: Failure): void;
};

/** Begins a call. The result never rejects. */
export function beginCall(http: HttpClient, call: Call): RunningCall {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(
      new CallAborted({
        code: 'provider_timeout',
        message: `The provider did not finish within ${call.timeoutMs} ms.`,
        billed: 'maybe',
      }),
    );
  }, call.timeoutMs);
  const result = perform(http, call, controller.signal)
    .catch((error: unknown): CallResult => ({ kind: 'failed', failure: toFailure(error) }))
    .finally(() => {
      clearTimeout(timer);
    });
  return {
    result,
    abort: (failure) => {
      controller.abort(new CallAborted(failure));
    },
  };
}

async function perform(http: HttpClient, call: Call, signal: AbortSignal): Promise<CallResult> {
  const { deployment, streaming } = call;
  const provider = catalog[deployment.provider];
  const chat = provider?.chat;
  if (provider === undefined || chat === undefined) {
    return {
      kind: 'failed',
      failure: {
        code: 'unsupported_parameter',
        message: `${deployment.provider} has no chat completions.`,
        billed: 'no',
      },
    };
  }
  const target = toTarget(provider, call);
  const asked: ChatRequest = {
    ...(deployment.defaults as Partial<ChatRequest>),
    ...call.request,
    model: deployment.model,
    stream: streaming,
  };
  const { inlineUrls } = chat;
  const request =
    inlineUrls === undefined
      ? asked
      : await inlineAttachments(asked, { wanted: (one) => inlineUrls(one, target), download: http.download, signal });
  const wire = chat.toRequest(request, target);
  if ('refused' in wire) return { kind: 'failed', failure: wire.refused };
  reach('call.before_send');
  reachSoon('call.in_flight');
  const httpCall: HttpCall = {
    method: wire.method,
    url: wire.url,
    headers: {
      ...wire.headers,
      ...(await authorize(provider.auth, wire, { ...apiKeyOf(deployment), settings: deployment.settings })),
      // The provider's support can find a call by it, and a fault campaign can match calls with attempts.
      'x-holdfast-attempt': `${call.id}.${call.n}`,
    },
    body: wire.body,
    limits: { firstByteMs: streaming ? call.idleMs : call.timeoutMs, idleMs: streaming ? call.idleMs : call.timeoutMs },
    signal,
  };
  const reply = await (wire.url.startsWith(MOCK_BASE_URL) ? callMock(httpCall) : http.call(httpCall));
  if (reply.status < 200 || reply.status > 299) return { kind: 'failed', failure: await readError(provider, reply) };
  return streaming ? readStream(reply, chat, request, target, call.onChunk) : readWhole(reply, chat, request, target);
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

function apiKeyOf(deployment: Deployment): { readonly apiKey?: string } {
  return deployment.apiKey === undefined ? {} : { apiKey: deployment.apiKey };
}

async function readError(provider: Provider, reply: HttpReply): Promise<Failure> {
  const text = await reply.text();
  return provider.fromError(reply.status, parseJson(text) ?? text, reply.headers);
}

async function readWhole(
  reply: HttpReply,
  chat: ChatTranslation,
  request: ChatRequest,
  target: Target,
): Promise<CallResult> {
  const text = await reply.text();
  const body = parseJson(text);
  if (body === undefined)
    throw new InvalidResponse(`The provider answered ${reply.status} with something that is not JSON.`);
  return { kind: 'answered', response: chat.fromResponse(body, request, target) };
}

async function readStream(
  reply: HttpReply,
  chat: ChatTranslation,
  request: ChatRequest,
  target: Target,
  onChunk: (chunk: ChatChunk) => void,
): Promise<CallResult> {
  const aggregate = createAggregate();
  let decoder: Decoder = chat.decoder(request, target);
  let complete = false;
  let failure: Failure | undefined;
  const take = (event: WireEvent): void => {
    if (complete || failure !== undefined) return;
    const step = decoder(event);
    decoder = step.next;
    for (const chunk of step.chunks) {
      aggregate.add(chunk);
      onChunk(chunk);
    }
    failure = step.failure;
    complete = step.complete ?? false;
  };
  const reader = createFrameReader(chat.framing, take);
  try {
    await reply.read((bytes) => {
      reader.feed(bytes);
      // The provider has failed; what else it sends is not worth waiting for.
      if (failure !== undefined) throw new CallAborted(failure);
    });
    reader.end();
  } catch (error) {
    // Everything arrived; that the connection then broke changes nothing.
    if (!complete) failure ??= toFailure(error);
  }
  const partial = aggregate.response();
  if (failure !== undefined) return { kind: 'failed', failure, ...(partial === undefined ? {} : { partial }) };
  if (partial === undefined)
    return {
      kind: 'failed',
      failure: { code: 'provider_invalid_response', message: 'The provider sent an empty stream.', billed: 'maybe' },
    };
  return { kind: 'answered', response: partial };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const MAX_MESSAGE_LENGTH = 2_000;

function toFailure(error: unknown): Failure {
  if (error instanceof CallFailed || error instanceof CallAborted) return error.failure;
  if (error instanceof InvalidResponse) {
    return (
      error.failure ?? {
        code: 'provider_invalid_response',
        message: error.message.slice(0, MAX_MESSAGE_LENGTH),
        billed: 'maybe',
      }
    );
  }
  if (error instanceof EventTooLarge)
    return { code: 'provider_invalid_response', message: error.message, billed: 'maybe' };
  const message = error instanceof Error ? error.message : 'The call failed.';
  return { code: 'internal_error', message: message.slice(0, MAX_MESSAGE_LENGTH), billed: 'maybe' };
}
