/** What the scripted provider can be told to do with one call. Every field is optional; an empty script is a good answer. */

export type ScriptedToolCall = { readonly id?: string; readonly name: string; readonly arguments: string };

export type ScriptedUsage = {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens?: number;
  readonly reasoningTokens?: number;
};

/** Where in an answer something happens. `mid_body` is after half of the bytes, or after `afterChunks` events of a stream. */
export type Place = 'before_head' | 'after_head' | 'mid_body';

export type Script = {
  /** Default 200. */
  readonly status?: number;
  /** Added to the answer's own; `retry-after` goes here in any form. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent instead of the answer made here; an object is sent as JSON. */
  readonly body?: string | Uint8Array | Readonly<Record<string, unknown>>;
  /** The answer's text; without it, an echo of the last user message and the number of the call. */
  readonly text?: string;
  readonly reasoning?: string;
  readonly toolCalls?: readonly ScriptedToolCall[];
  /** In OpenAI's words; translated for Anthropic. */
  readonly finishReason?: 'stop' | 'length' | 'tool_calls' | 'content_filter';
  /** `null` leaves usage out of the answer; the call is billed by the default count all the same. */
  readonly usage?: ScriptedUsage | null;
  /** How many pieces a stream's text comes in; default 8. */
  readonly chunks?: number;
  /** Pause between two events of a stream, milliseconds. */
  readonly gapMs?: number;
  /** Pause before the head, milliseconds. */
  readonly delayMs?: number;
  /** The head waits for this promise: a test that releases it needs no sleep. */
  readonly until?: Promise<unknown>;
  /** The stream waits for this promise once `afterChunks` events are out. */
  readonly resume?: Promise<unknown>;
  /** Says nothing more from here on, with the socket open, until the caller leaves. */
  readonly stall?: Place;
  /** Destroys the socket here, so that the caller sees a reset. */
  readonly reset?: Place;
  /** Ends properly framed, but with the rest of the body missing. */
  readonly truncate?: boolean;
  /** For `stall`, `reset`, `truncate`, `resume` and `errorFrame` in streams: after how many events; default half. */
  readonly afterChunks?: number;
  /** An error event in the dialect's own shape after `afterChunks` events of a 200. */
  readonly errorFrame?: { readonly type: string; readonly message: string };
  /** Writes of these sizes, the last one repeated; `'every_byte'` is [1]. */
  readonly split?: 'every_byte' | readonly number[];
  /** Pause between two writes of a split body, milliseconds. */
  readonly trickleMs?: number;
  /** Pads the text to at least this many bytes. */
  readonly hugeBytes?: number;
  /** Whether the provider charges for the call. Default: 2xx does, anything else does not. */
  readonly billed?: boolean;
};
