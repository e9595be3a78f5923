/** Google's `:generateContent` and `:streamGenerateContent`, in front of every chat provider. */
import type { Dialect } from './dialect.ts';
import { createEncoder } from './generation-encoder.ts';
import { toChat } from './generation-request.ts';
import { fromResponse } from './generation-response.ts';

export const generation: Dialect = {
  toChat,
  fromResponse,
  encoder: createEncoder,
  // Each piece of a stream has the shape of a whole answer.
  replay: (answer) => [JSON.stringify(answer)],
};
