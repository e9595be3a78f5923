/** One provider call: translate, send, read, translate back. Knows nothing of the ledger. */
import { catalog } from '../providers/catalog.ts';
import type { Body, Dialect } from '../providers/dialects/dialect.ts';
import { kindRow, type Kind } from '../providers/kinds.ts';
import { withPlainCallIds } from '../providers/protocol/call-id.ts';
import { parseJson } from '../providers/protocol/json.ts';
import { createAggregate } from '../providers/protocol/aggregate.ts';
import type { ChatChunk, ChatRequest, ChatResponse } from '../providers/protocol/chat.ts';
import type { Failure } from '../providers/protocol/errors.ts';
import type { Usage } from '../providers/protocol/usage.ts';
import {
  InvalidResponse,
  type ChatTranslation,
  type Decoder,
  type Provider,
  type Target,
  type WireEvent,
} from '../providers/provider.ts';
import type { Deployment } from './config/config.ts';
import { CallAborted, CallFailed, type HttpClient, type HttpReply } from './http/client.ts';
import { inlineAttachments } from './http/attachments.ts';
import { EventTooLarge } from './http/frame-reader.ts';
import { createFrameReader } from './http/frames.ts';
import { performPlain } from './call-plain.ts';
import { readError, send, targetOf } from './call-wire.ts';
import { startCallSpan } from './telemetry/tracing.ts';

export type Call = {
  readonly id: string;
  readonly n: number;
  readonly kind: Kind;
  readonly deployment: Deployment;
  /** As the caller sent it. */
  readonly body: Body;
  readonly streaming: boolean;
  /** What the caller is told that answered. */
  readonly shownModel: string;
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
  | { readonly kind: 'answered'; readonly answer: CallAnswer }
  /** `metered` is what the provider had counted until then. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly metered?: Metered };

/** A whole answer, in the caller's words, and what is charged for it. */
export type CallAnswer = Metered & { readonly json: string };

export type Metered = {
  readonly usage?: Usage;
  /** The tier the provider says it served. */
  readonly serviceTier?: string;
};

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
  const { id, n, kind, deployment } = call;
  const span = startCallSpan({ id, n, kind, provider: deployment.provider, model: deployment.model });
  const result = perform(http, call, controller.signal)
    .catch((error: unknown): CallResult => ({ kind: 'failed', failure: toFailure(error) }))
    .then((ended) => {
      clearTimeout(timer);
      if (ended.kind === 'answered') span.end(ended.answer);
      else span.end({ ...ended.metered, error: ended.failure.code });
      return ended;
    });
  return {
    result,
    abort: (failure) => {
      controller.abort(new CallAborted(failure));
    },
  };
}

async function perform(http: HttpClient, call: Call, signal: AbortSignal): Promise<CallResult> {
  const provider = catalog[call.deployment.provider];
  const row = kindRow(call.kind);
  if (row.operation === 'chat') {
    const chat = provider?.chat;
    if (provider === undefined || chat === undefined) return { kind: 'failed', failure: notOffered(call) };
    return performChat(http, call, signal, { provider, chat, dialect: row.dialect });
  }
  const translation = provider?.[row.operation];
  if (provider === undefined || translation === undefined) return { kind: 'failed', failure: notOffered(call) };
  return performPlain(http, call, signal, { provider, translation });
}

function notOffered({ deployment, kind }: Call): Failure {
  return {
    code: 'unsupported_parameter',
    message: `${deployment.provider} cannot answer requests of this kind (${kind}).`,
    param: 'model',
    billed: 'no',
  };
}

type Chat = { readonly provider: Provider; readonly chat: ChatTranslation; readonly dialect: Dialect };

async function performChat(
  http: HttpClient,
  call: Call,
  signal: AbortSignal,
  { provider, chat, dialect }: Chat,
): Promise<CallResult> {
  const { deployment, streaming } = call;
  const target = await targetOf(provider, call, signal);
  const asked: ChatRequest = {
    ...(deployment.defaults as Partial<ChatRequest>),
    ...dialect.toChat(call.body),
    model: deployment.model,
    stream: streaming,
  };
  const readable = chat.readsSignedIds === true ? asked : withPlainCallIds(asked);
  const { inlineUrls } = chat;
  const request =
    inlineUrls === undefined
      ? readable
      : await inlineAttachments(readable, {
          wanted: (one) => inlineUrls(one, target),
          download: http.download,
          signal,
        });
  const wire = chat.toRequest(request, target);
  if ('refused' in wire) return { kind: 'failed', failure: wire.refused };
  const reply = await send(http, call, signal, provider, wire);
  if (reply.status < 200 || reply.status > 299) return { kind: 'failed', failure: await readError(provider, reply) };
  const read = streaming
    ? await readStream(reply, chat, request, target, call.onChunk)
    : await readWhole(reply, chat, request, target);
  if (read.failure !== undefined) {
    const metered = read.response === undefined ? {} : { metered: meter(read.response) };
    return { kind: 'failed', failure: read.failure, ...metered };
  }
  const response: ChatResponse = { ...read.response, model: call.shownModel };
  return {
    kind: 'answered',
    answer: { json: JSON.stringify(dialect.fromResponse(response, call.body, call.id)), ...meter(response) },
  };
}

function meter(response: ChatResponse): Metered {
  const { usage, service_tier: tier } = response;
  return { ...(usage === undefined ? {} : { usage }), ...(typeof tier === 'string' ? { serviceTier: tier } : {}) };
}

async function readWhole(reply: HttpReply, chat: ChatTranslation, request: ChatRequest, target: Target): Promise<Read> {
  const text = await reply.text();
  const body = parseJson(text);
  if (body === undefined)
    throw new InvalidResponse(`The provider answered ${reply.status} with something that is not JSON.`);
  return { response: chat.fromResponse(body, request, target, reply.headers) };
}

async function readStream(
  reply: HttpReply,
  chat: ChatTranslation,
  request: ChatRequest,
  target: Target,
  onChunk: (chunk: ChatChunk) => void,
): Promise<Read> {
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
  const response = aggregate.response();
  if (failure !== undefined) return { failure, ...(response === undefined ? {} : { response }) };
  return response === undefined ? { failure: EMPTY_STREAM } : { response };
}

/** A whole answer, or a failure and what had arrived of it. */
type Read =
  | { readonly response: ChatResponse; readonly failure?: undefined }
  | { readonly failure: Failure; readonly response?: ChatResponse };

const EMPTY_STREAM: Failure = {
  code: 'provider_invalid_response',
  message: 'The provider sent an empty stream.',
  billed: 'maybe',
};

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
