/** Providers that answer a request with a receipt: the answer is awaited, polled for or streamed from the place that it names. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChatChunk, ChatResponse } from '../providers/protocol/chat.ts';
import type { Failure } from '../providers/protocol/errors.ts';
import type { ChatTranslation, Receipt, WireRequest } from '../providers/provider.ts';
import { CallAborted, CallFailed, type HttpReply } from './http/client.ts';
import { readJson, readStream, type Read, type Reading } from './read-answer.ts';

/** Sends requests of one call to one provider. */
export type Line = {
  send(
    wire: WireRequest,
    options?: { readonly authorized?: boolean; readonly until?: AbortSignal },
  ): Promise<HttpReply>;
  readError(reply: HttpReply): Promise<Failure>;
  readonly signal: AbortSignal;
};

/** The work goes on at the provider while we cannot ask: giving up at once would pay for it twice. */
const MOST_FAILED_POLLS = 5;
const CANCEL_TIMEOUT_MS = 10_000;

export function isGood({ status }: HttpReply): boolean {
  return status >= 200 && status <= 299;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    const { reason } = signal as { reason: unknown };
    throw reason instanceof CallAborted ? reason : error;
  }
}

/** Whether a poll that went wrong says nothing about the work itself. */
function isPassing(failure: Failure): boolean {
  const { providerStatus: status } = failure;
  return status === undefined ? failure.code === 'provider_unreachable' : status === 429 || status >= 500;
}

export async function poll<T>(receipt: Receipt, line: Line, read: (reply: HttpReply) => Promise<T>): Promise<T> {
  for (let failed = 1; ; failed += 1) {
    await pause(receipt.pollAfterMs * failed, line.signal);
    try {
      const reply = await line.send(receipt.poll);
      if (isGood(reply)) return await read(reply);
      throw new CallFailed(await line.readError(reply));
    } catch (error) {
      const passing = error instanceof CallFailed && isPassing(error.failure);
      if (!passing || failed >= MOST_FAILED_POLLS) throw billed(error);
    }
  }
}

/** The work was begun, whatever a later request says about itself. */
function billed(error: unknown): unknown {
  return error instanceof CallFailed && error.failure.billed === 'no'
    ? new CallFailed({ ...error.failure, billed: 'maybe' }, error)
    : error;
}

/** A whole answer for a caller who asked for a stream: in one piece. */
function chunksOf(response: ChatResponse): ChatChunk[] {
  const { usage, choices, ...rest } = response;
  const head = { ...rest, object: 'chat.completion.chunk' as const };
  const pieces = choices.map(({ message, ...choice }) => {
    const { tool_calls: calls, function_call: called, ...said } = message;
    const tools = calls?.map((call, index) => ({ ...call, index }));
    const delta = {
      ...said,
      ...(tools === undefined ? {} : { tool_calls: tools }),
      ...(called ? { function_call: called } : {}),
    };
    return { ...choice, delta };
  });
  const counts: ChatChunk[] = usage === undefined ? [] : [{ ...head, choices: [], usage }];
  return [{ ...head, choices: pieces }, ...counts];
}

async function readEvents(receipt: Receipt, reading: Reading, line: Line): Promise<Read> {
  const { events } = receipt;
  if (events === undefined) throw new Error('The receipt names no events.');
  let reply: HttpReply;
  try {
    reply = await line.send(events.wire, { authorized: events.authorized });
    if (!isGood(reply)) throw new CallFailed(await line.readError(reply));
  } catch (error) {
    throw billed(error);
  }
  const read = await readStream(reply, reading);
  if (read.failure !== undefined || read.response.usage !== undefined) return read;
  return { response: await withUsage(read.response, receipt, reading, line) };
}

/** The events hold no counts; the finished work does. The answer is the caller's even when they cannot be had. */
async function withUsage(
  response: ChatResponse,
  receipt: Receipt,
  { chat, request, target, onChunk }: Reading,
  line: Line,
): Promise<ChatResponse> {
  try {
    const body = await readJson(await line.send(receipt.poll));
    const { usage } = chat.fromResponse(body, request, target, {});
    if (usage === undefined) return response;
    const { id, created, model } = response;
    onChunk({ id, object: 'chat.completion.chunk', created, model, choices: [], usage });
    return { ...response, usage };
  } catch {
    return response;
  }
}

async function readReceipts(
  first: unknown,
  toReceipt: NonNullable<ChatTranslation['receipt']>,
  reading: Reading,
  context: { readonly line: Line; readonly onReceipt: (receipt: Receipt) => void },
): Promise<Read> {
  const { chat, request, target, onChunk } = reading;
  let body = first;
  for (;;) {
    const receipt = toReceipt(body, request, target);
    if (receipt === undefined) break;
    context.onReceipt(receipt);
    if (request.stream === true && receipt.events !== undefined) return readEvents(receipt, reading, context.line);
    body = await poll(receipt, context.line, readJson);
  }
  const response = chat.fromResponse(body, request, target, {});
  if (request.stream === true) for (const chunk of chunksOf(response)) onChunk(chunk);
  return { response };
}

/** Errors: as of one call. When it fails, the work that was begun is cancelled at the provider. */
export async function followReceipt(
  reply: HttpReply,
  toReceipt: NonNullable<ChatTranslation['receipt']>,
  reading: Reading,
  line: Line,
): Promise<Read> {
  let begun: Receipt | undefined;
  let read: Read | undefined;
  try {
    const onReceipt = (receipt: Receipt): void => {
      begun = receipt;
    };
    read = await readReceipts(await readJson(reply), toReceipt, reading, { line, onReceipt });
    return read;
  } finally {
    if (begun !== undefined && (read === undefined || read.failure !== undefined)) cancel(begun, line);
  }
}

export function cancel(receipt: Receipt, line: Line): void {
  if (receipt.cancel === undefined) return;
  // Nobody waits for it, and nothing can be done when it fails.
  line.send(receipt.cancel, { until: AbortSignal.timeout(CANCEL_TIMEOUT_MS) }).then(
    (reply) => {
      reply.discard();
    },
    () => undefined,
  );
}
