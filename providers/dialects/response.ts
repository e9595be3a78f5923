/** OpenAI's Responses API, in front of every chat provider. */
import type { Dialect } from './dialect.ts';
import { createEncoder } from './response-encoder.ts';
import { replayResponse } from './response-replay.ts';
import { fromResponse } from './response-object.ts';
import { toChat } from './response-request.ts';
import { objectionTo } from './responses-schema.ts';

export const response: Dialect = {
  toChat,
  objection: objectionTo,
  fromResponse,
  encoder: createEncoder,
  replay: replayResponse,
};
