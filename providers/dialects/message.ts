/** Anthropic's Messages API, in front of every chat provider. */
import type { Dialect } from './dialect.ts';
import { createEncoder } from './message-encoder.ts';
import { toChat } from './message-request.ts';
import { replayMessage } from './message-replay.ts';
import { fromResponse } from './message-response.ts';

export const message: Dialect = { toChat, fromResponse, encoder: createEncoder, replay: replayMessage };
