/** Cohere's errors: a status and a sentence. */
import type { Failure } from '../protocol/errors.ts';
import { toFailure, toFailureInside } from '../protocol/failure.ts';
import type { WireHeaders } from '../provider.ts';

export const TITLE = 'Cohere';

/** Cohere's own meanings for two numbers that other providers use otherwise. */
const INVALID_TOKEN = 498;
const CANCELLED = 499;

export function fromError(status: number, body: unknown, headers: WireHeaders): Failure {
  const failure = toFailure({ title: TITLE, status, body, headers });
  if (status === INVALID_TOKEN) {
    return { ...failure, code: 'provider_auth_failed', message: `${TITLE} refused the gateway's credential.` };
  }
  return status === CANCELLED ? { ...failure, code: 'provider_unavailable' } : failure;
}

export function fromStreamError(frame: unknown): Failure {
  return toFailureInside({ title: TITLE, body: frame });
}

/** An answer that Cohere itself calls a failure. */
export function fromFinishReason(reason: unknown, said: unknown): Failure | undefined {
  if (reason !== 'ERROR' && reason !== 'TIMEOUT') return undefined;
  const message = typeof said === 'string' && said !== '' ? said : `${TITLE} ended the answer with ${reason}.`;
  return {
    code: reason === 'TIMEOUT' ? 'provider_timeout' : 'provider_error',
    message: message.slice(0, 2000),
    providerCode: reason,
    billed: 'maybe',
  };
}
