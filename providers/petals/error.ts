/** Errors of Petals, which come with status 200 and hold a traceback that is nobody's business. */
import type { Failure } from '../protocol/errors.ts';
import { toFailure } from '../protocol/failure.ts';
import { isObject } from '../protocol/json.ts';
import type { WireHeaders } from '../provider.ts';

export const TITLE = 'Petals';

export const FAILED: Failure = {
  code: 'provider_bad_gateway',
  message: `${TITLE}: the swarm failed to generate a text.`,
  billed: 'maybe',
};

export function fromError(status: number, body: unknown, headers: WireHeaders): Failure {
  const shown = isObject(body) && 'traceback' in body ? FAILED.message : body;
  return toFailure({ title: TITLE, status, body: shown, headers });
}
