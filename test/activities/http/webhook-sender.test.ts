/** Where news may be sent, on real sockets. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createWebhookSender, type WebhookReply } from '../../../activities/http/webhook-sender.ts';
import { startReceiver, type Receiver } from '../../support/receiver.ts';

let receiver: Receiver;

beforeAll(async () => {
  receiver = await startReceiver();
});

afterAll(async () => {
  await receiver?.stop();
});

async function send(host: string, allowedNetworks: readonly string[]): Promise<WebhookReply> {
  const sender = createWebhookSender({ secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], allowedNetworks });
  try {
    const url = `http://${host}:${new URL(receiver.url).port}/`;
    return await sender.send({ id: 'msg_1', url, payload: '{}' });
  } finally {
    await sender.close();
  }
}

const LOOPBACK = ['127.0.0.0/8'];

it.each(['localhost', '127.0.0.1'])('reaches %s where its network is allowed', async (host) => {
  const before = receiver.received.length;
  expect(await send(host, LOOPBACK)).toEqual({ status: 200 });
  expect(receiver.received.length).toBe(before + 1);
});

it.each([
  ['localhost', []],
  ['127.0.0.1', []],
  ['localhost', ['10.0.0.0/8']],
  ['127.1', ['10.0.0.0/8']],
])('connects to nothing for %s where %p is allowed', async (host, allowed) => {
  const before = receiver.received.length;
  expect(await send(host, allowed)).toEqual({ error: expect.stringContaining('neither public nor allowed') });
  expect(receiver.received.length).toBe(before);
});
