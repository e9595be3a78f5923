/** How each dialect frames its streams: names of events, the end that means "complete", and how a failure is told. */
import { googleError } from '../../providers/dialects/google-error.ts';
import { messageError } from '../../providers/dialects/message-error.ts';
import type { Failure } from '../../providers/protocol/errors.ts';
import { errorBody } from '../middleware/reply.ts';
import type { Exchange } from '../routes/exchange.ts';

export type StreamWords = {
  /** Each event has a name: the frame's `type`, which is then its first field. */
  readonly named: boolean;
  /** Written after the last frame; it must not be written of an answer that is not complete. */
  readonly farewell: string;
  /** The last event of a stream that failed, as JSON text. */
  readonly failed: (exchange: Exchange, failure: Failure, requestId: string, frames: number) => string;
  /** Where streams are framed otherwise than as events with ids. */
  readonly framing?: StreamFraming;
};

export type StreamFraming = {
  readonly contentType: string;
  readonly frame: (json: string, n: number) => string;
  /** The last frame of a stream that failed. */
  readonly failed: (json: string, n: number) => string;
  /** Bytes without meaning, for connections that must not fall silent. */
  readonly silence: string;
};

/** OpenAI's chat. */
export const CHAT_WORDS: StreamWords = {
  named: false,
  farewell: 'data: [DONE]\n\n',
  failed: (_exchange, failure, requestId) =>
    JSON.stringify({ error: { ...errorBody(failure).error, request_id: requestId } }),
};

/** Anthropic's messages: the terminal event is one of its own. */
export const MESSAGE_WORDS: StreamWords = {
  named: true,
  farewell: '',
  failed: (_exchange, failure, requestId) => JSON.stringify(messageError(failure, requestId)),
};

/** OpenAI's responses. Its clients raise what is under `error`; the fields beside it are the documented event. */
export const RESPONSE_WORDS: StreamWords = {
  named: true,
  farewell: '',
  failed: (_exchange, failure, requestId, frames) => {
    const { error } = errorBody(failure);
    const { code, message, param } = error;
    return JSON.stringify({
      type: 'error',
      sequence_number: frames,
      code,
      message,
      param,
      error: { ...error, request_id: requestId },
    });
  },
};

/** Google's, as events: its own clients look for nothing but data, and for errors outside of it. */
export const GENERATION_EVENTS: StreamWords = {
  named: false,
  farewell: '',
  failed: (_exchange, failure, requestId) => JSON.stringify(googleError(failure, requestId)),
  framing: {
    contentType: 'text/event-stream',
    frame: (json) => `data: ${json}\n\n`,
    failed: (json) => `${json}\n`,
    silence: '\n\n',
  },
};

/** Google's, as one list that grows. A list that failed ends with the error. */
export const GENERATION_LIST: StreamWords = {
  ...GENERATION_EVENTS,
  farewell: ']',
  framing: {
    contentType: 'application/json; charset=utf-8',
    frame: (json, n) => `${n === 1 ? '[' : ','}${json}\n`,
    failed: (json, n) => `${n === 1 ? '[' : ','}${json}]`,
    silence: '\n',
  },
};

/** The same events with ids, for those who go on with a stream. */
const GENERATION_AGAIN: StreamWords = {
  named: false,
  farewell: '',
  failed: GENERATION_EVENTS.failed,
};

/** A stream that is read again, in the words it was asked in. */
export function wordsOf(kind: string): StreamWords {
  switch (kind) {
    case 'message':
      return MESSAGE_WORDS;
    case 'response':
      return RESPONSE_WORDS;
    case 'generation':
      return GENERATION_AGAIN;
    default:
      return CHAT_WORDS;
  }
}
