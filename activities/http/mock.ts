/** The transport of the built-in mock provider: its replies are computed, only their delays are real. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MOCK_BASE_URL, mockReply, type MockReply } from '../../providers/mock.ts';
import { CallAborted, CallFailed, type HttpCall, type HttpReply } from './client.ts';

/** Errors: {@link CallFailed} when the call is aborted or its first byte is not due in time. */
export async function callMock(call: HttpCall): Promise<HttpReply> {
  const text = typeof call.body === 'string' ? call.body : new TextDecoder().decode(call.body);
  const reply = mockReply(text, call.url.slice(MOCK_BASE_URL.length));
  if (reply.delayMs > call.limits.firstByteMs) {
    await pause(call.limits.firstByteMs, call.signal);
    throw new CallFailed({
      code: 'provider_timeout',
      message: 'The provider did not begin to answer in time.',
      billed: 'maybe',
    });
  }
  await pause(reply.delayMs, call.signal);
  return {
    status: reply.status,
    headers: reply.headers,
    text: async () => readText(reply, call.signal),
    read: async (onBytes) => play(reply, call.signal, onBytes),
    discard: () => undefined,
  };
}

async function readText(reply: MockReply, signal: AbortSignal): Promise<string> {
  const packets: Uint8Array[] = [];
  await play(reply, signal, (bytes) => packets.push(bytes));
  return new TextDecoder().decode(Buffer.concat(packets));
}

async function play(reply: MockReply, signal: AbortSignal, onBytes: (bytes: Uint8Array) => void): Promise<void> {
  const encoder = new TextEncoder();
  if ('body' in reply) {
    onBytes(encoder.encode(reply.body));
    return;
  }
  if ('bytes' in reply) {
    onBytes(reply.bytes);
    return;
  }
  for (const event of reply.events) {
    await pause(event.delayMs, signal);
    onBytes(encoder.encode(toFrame(event)));
  }
  if (reply.truncated === true) {
    throw new CallFailed({
      code: 'provider_unreachable',
      message: 'The provider closed the connection in the middle of its answer.',
      billed: 'maybe',
    });
  }
}

function toFrame(event: { readonly data: string }): string {
  return `data: ${event.data}\n\n`;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    if (ms > 0) await sleep(ms, undefined, { signal });
    else signal.throwIfAborted();
  } catch (error) {
    const { reason } = signal as { reason: unknown };
    throw reason instanceof CallAborted ? new CallFailed(reason.failure, error) : error;
  }
}
