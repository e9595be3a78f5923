/** Petals: models spread over many machines, by the HTTP API of a server of one's own. */
import { wholeAsStream } from '../protocol/text-answer.ts';
import type { Provider } from '../provider.ts';
import { fromError, TITLE } from './error.ts';
import { toRequest } from './request.ts';
import { fromResponse } from './response.ts';

export const petals: Provider = {
  id: 'petals',
  title: TITLE,
  baseUrl: '',
  baseUrlVariables: ['PETALS_API_BASE'],
  keyVariables: [],
  auth: { kind: 'none' },
  // Its streams are web sockets.
  chat: { toRequest, fromResponse, framing: 'json-lines', decoder: wholeAsStream(TITLE, fromResponse) },
  fromError,
};
