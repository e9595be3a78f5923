/** Sends one signed webhook (Standard Webhooks) to a public server, or into a network that the operator allows; follows no redirect. */
import { isIP } from 'node:net';
import { Agent } from 'undici';
import { Webhook } from 'standardwebhooks';
import { AddressRefused, guardedConnector } from './guarded-connector.ts';
import { createNetworks } from './networks.ts';
import { isPublicAddress } from './public-address.ts';

export type WebhookMessage = { readonly id: string; readonly url: string; readonly payload: string };

export type WebhookReply =
  | { readonly status: number }
  /** No answer; the words are for the owner of the URL and hold nothing of our network. */
  | { readonly error: string };

export type WebhookSender = {
  /** Never rejects. */
  send(message: WebhookMessage): Promise<WebhookReply>;
  close(): Promise<void>;
};

export type WebhookSettings = {
  /** The first signs first; receivers may know any of them, so that a secret can be replaced. */
  readonly secrets: readonly string[];
  readonly allowedNetworks: readonly string[];
};

/** The whole exchange: receivers are to answer first and work later. */
const TIMEOUT_MS = 20_000;

export function createWebhookSender({ secrets, allowedNetworks }: WebhookSettings): WebhookSender {
  const networks = createNetworks(allowedNetworks);
  const options = { keepAliveTimeout: 5_000, maxHeaderSize: 16 * 1024 };
  const isOwn = (address: string): boolean => networks.contains(address);
  const isAllowed = (address: string): boolean => isPublicAddress(address) || isOwn(address);
  const encrypted = new Agent({ ...options, connect: guardedConnector(isAllowed) });
  // Nothing unencrypted leaves the operator's networks.
  const plain = new Agent({ ...options, connect: guardedConnector(isOwn) });
  const signers = secrets.map((secret) => new Webhook(secret));
  return {
    send: async ({ id, url: text, payload }) => {
      try {
        const url = new URL(text);
        const secure = url.protocol === 'https:';
        const literal = url.hostname.replace(/^\[|\]$/g, '');
        // A host that is an address is never looked up.
        if (isIP(literal) !== 0 && !(secure ? isAllowed(literal) : isOwn(literal))) throw new AddressRefused(literal);
        const now = new Date();
        const { statusCode, body } = await (secure ? encrypted : plain).request({
          origin: url.origin,
          path: url.pathname + url.search,
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'user-agent': 'holdfast-webhooks',
            'webhook-id': id,
            'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
            'webhook-signature': signers.map((signer) => signer.sign(id, now, payload)).join(' '),
          },
          body: payload,
          headersTimeout: TIMEOUT_MS,
          bodyTimeout: TIMEOUT_MS,
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        // What a receiver says besides its status is not read.
        body.on('error', () => undefined);
        body.destroy();
        return { status: statusCode };
      } catch (error) {
        return { error: explain(error) };
      }
    },
    close: async () => {
      await Promise.all([encrypted.destroy(), plain.destroy()]);
    },
  };
}

function explain(error: unknown): string {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof AddressRefused) return 'The address of the receiver is neither public nor allowed.';
    if (cause.name === 'TimeoutError') return `The receiver did not answer within ${TIMEOUT_MS / 1000} s.`;
  }
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? `The receiver cannot be reached (${code}).` : 'The receiver cannot be reached.';
}
