/** Ollama's errors: one sentence under `error`. */
import type { Failure } from '../protocol/errors.ts';
import { toFailure, toFailureInside } from '../protocol/failure.ts';
import type { WireHeaders } from '../provider.ts';

export const TITLE = 'Ollama';

export function fromError(status: number, body: unknown, headers: WireHeaders): Failure {
  return toFailure({ title: TITLE, status, body, headers });
}

export function fromStreamError(line: unknown): Failure {
  return toFailureInside({ title: TITLE, body: line });
}
