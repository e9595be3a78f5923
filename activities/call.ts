/** One provider call: translate, send, read, translate back. Knows nothing of the ledger. */
import { catalog } from '../providers/catalog.ts';
import type { Body, Dialect } from '../providers/dialects/dialect.ts';
import { kindRow, type Kind } from '../providers/kinds.ts';
import { withPlainCallIds } from '../providers/protocol/call-id.ts';
import type { ChatChunk, ChatRequest, ChatResponse } from '../providers/protocol/chat.ts';
import type { Failure } from '../providers/protocol/errors.ts';
import type { ChatTranslation, NativeTranslation, Provider } from '../providers/provider.ts';
import type { Deployment } from './config/config.ts';
import { CallAborted, type HttpClient, type HttpReply } from './http/client.ts';
import { inlineAttachments } from './http/attachments.ts';
import { meter, type Metered } from './call-metered.ts';
import { MISSING, performNative } from './call-native.ts';
import { performPassThrough } from './call-pass-through.ts';
import { performPlain } from './call-plain.ts';
import { lineOf, readError, send, targetOf } from './call-wire.ts';
import { readStream, readWhole, toFailure, type Read, type Reading } from './read-answer.ts';
import { followReceipt, isGood, type Line } from './receipt.ts';
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
  /** Frames that are in the caller's words already, because the provider speaks the caller's dialect. */
  readonly onFrames?: (frames: readonly string[], textChars?: number) => void;
};

export type CallResult =
  | { readonly kind: 'answered'; readonly answer: CallAnswer }
  /** `metered` is what the provider had counted until then. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly metered?: Metered };

/** A whole answer, in the caller's words, and what is charged for it. */
export type CallAnswer = Metered & {
  readonly json: string;
  /** The frames that tell the caller "complete", where the provider speaks the caller's dialect. */
  readonly last?: readonly string[];
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
    const native = provider && nativeOf(provider, call);
    if (provider !== undefined && native !== undefined) {
      const result = await performNative(http, call, signal, { provider, native });
      if (result !== MISSING) return result;
    }
    const chat = provider?.chat;
    if (provider === undefined || chat === undefined) return { kind: 'failed', failure: notOffered(call) };
    const objection = row.dialect.objection?.(call.body);
    if (objection !== undefined) return { kind: 'failed', failure: objection };
    return performChat(http, call, signal, { provider, chat, dialect: row.dialect });
  }
  if (row.operation === 'passThrough') return performPassThrough(http, call, signal);
  const translation = provider?.[row.operation];
  if (provider === undefined || translation === undefined) return { kind: 'failed', failure: notOffered(call) };
  return performPlain(http, call, signal, { provider, translation });
}

function nativeOf({ native }: Provider, { kind, deployment }: Call): NativeTranslation | undefined {
  const chatOnly = kind === 'response' && deployment.settings['use_chat_completions_api'] === true;
  const spoken = kind === 'message' || kind === 'generation' || kind === 'completion' || kind === 'response';
  const translation = spoken && !chatOnly ? native?.[kind] : undefined;
  return translation?.serves?.(deployment.model) === false ? undefined : translation;
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
  if (!isGood(reply)) return { kind: 'failed', failure: await readError(provider, reply) };
  const read = await readAnswer(
    reply,
    { chat, request, target, onChunk: call.onChunk },
    lineOf(http, call, signal, provider),
  );
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

async function readAnswer(reply: HttpReply, reading: Reading, line: Line): Promise<Read> {
  const { receipt } = reading.chat;
  if (receipt !== undefined) return followReceipt(reply, receipt, reading, line);
  return reading.request.stream === true ? readStream(reply, reading) : readWhole(reply, reading);
}
