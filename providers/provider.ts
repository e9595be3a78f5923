/**
 * What a provider is: data plus pure functions. Same input, same output; no I/O, no clock, no environment, no secret.
 * Sending the request and reading the bytes is `activities/http`.
 */
import type { Body } from './dialects/dialect.ts';
import type { ChatChunk, ChatRequest, ChatResponse } from './protocol/chat.ts';
import type { Failure } from './protocol/errors.ts';
import type { JsonObject } from './protocol/json.ts';
import type { Usage } from './protocol/usage.ts';

/** How a credential becomes headers, as data, so that no provider ever holds a secret. */
export type Auth =
  | { readonly kind: 'none' }
  | { readonly kind: 'bearer' }
  /** The credential is sent in a header of this name, after `prefix` when there is one. */
  | {
      readonly kind: 'header';
      readonly name: string;
      readonly prefix?: string;
      /** A credential that starts with one of these is sent as a bearer token instead (Anthropic's OAuth tokens). */
      readonly bearerPrefixes?: readonly string[];
    }
  | { readonly kind: 'sigv4'; readonly service: string }
  | { readonly kind: 'google-oauth'; readonly scope: string }
  /**
   * A key, or an Entra ID token. Azure's own hosts take the key in a header of their own; `foreignHosts` says how any other host
   * (a proxy, a model endpoint) takes it.
   */
  | { readonly kind: 'azure'; readonly foreignHosts: 'api-key' | 'bearer' }
  /** An IBM Cloud key, exchanged for a token; or a token, or the key of an installation of one's own. */
  | { readonly kind: 'ibm-iam' }
  /** A personal access token, or a service principal's id and secret. */
  | { readonly kind: 'databricks' }
  /** A pair of id and secret, exchanged for a token. */
  | { readonly kind: 'gigachat' }
  /** The JSON text of a service key, whose client is exchanged for a token. */
  | { readonly kind: 'sap' }
  /** A key pair's JWT, or a programmatic access token after `pat/`. */
  | { readonly kind: 'snowflake' };

/** What one deployment calls: everything of its configuration that shapes a request, and no secret. */
export type Target = {
  /** The upstream's name of the model, without our provider prefix. */
  readonly model: string;
  /** Without a trailing slash; the deployment's `api_base` or the provider's own. */
  readonly baseUrl: string;
  /** The deployment's other parameters (`api_version`, `aws_region_name`, `drop_params`, …), as configured. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Set by the gateway: an id and a time (seconds since 1970) for answers whose provider gives none. */
  readonly id: string;
  readonly created: number;
};

export type WireRequest = {
  readonly method: 'POST' | 'GET' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  /** Without credentials and without `content-length`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** For `sigv4`: the region a signature is made for, where it follows from more than the deployment's settings. */
  readonly signingRegion?: string;
  /** The caller's parameters that this provider cannot express and that were left out because the configuration allows it. */
  readonly dropped: readonly string[];
};

/** A request that this provider cannot express; becomes a 400 that names the parameter. */
export type Refusal = { readonly refused: Failure };

/** One event of a provider's stream, framing removed. `end` is given once, when the connection has ended. */
export type WireEvent =
  { readonly kind: 'event'; readonly name: string; readonly data: string } | { readonly kind: 'end' };

export type DecoderStep = {
  readonly chunks: readonly ChatChunk[];
  readonly next: Decoder;
  /** The provider has said that the answer is complete; anything after it is ignored. */
  readonly complete?: boolean;
  /** The stream failed: the provider sent an error, or it ended before it was complete. */
  readonly failure?: Failure;
};

/** A fold over wire events. Each step returns the chunks it yields and the decoder for the next event. */
export type Decoder = (event: WireEvent) => DecoderStep;

/** Something a message points to by a URL. */
export type Attachment = {
  readonly kind: 'image' | 'file' | 'audio' | 'video';
  readonly url: string;
  /** Its media type, where the caller said it. */
  readonly format?: string;
};

/** A first answer that only says where the real one will be. */
export type Receipt = {
  /** Gives the receipt again until it gives the answer. */
  readonly poll: WireRequest;
  readonly pollAfterMs: number;
  /** The answer's events, where the provider sends them. `authorized`: whether this address may see the credential. */
  readonly events?: { readonly wire: WireRequest; readonly authorized: boolean };
  /** Ends the work that nobody waits for any more. Absent where the provider cannot. */
  readonly cancel?: WireRequest;
};

export type ChatTranslation = {
  readonly toRequest: (request: ChatRequest, target: Target) => WireRequest | Refusal;
  /** Throws {@link InvalidResponse} when the body is not an answer of this provider. */
  readonly fromResponse: (body: unknown, request: ChatRequest, target: Target, headers?: WireHeaders) => ChatResponse;
  readonly framing: 'sse' | 'aws-eventstream' | 'json-lines';
  readonly decoder: (request: ChatRequest, target: Target) => Decoder;
  /** Nothing when the body is the answer itself. Absent for providers that answer at once. */
  readonly receipt?: (body: unknown, request: ChatRequest, target: Target) => Receipt | undefined;
  /** Whether the provider cannot fetch this http(s) URL itself: the transport then puts a base64 data URI in its place before `toRequest`. */
  readonly inlineUrls?: (attachment: Attachment, target: Target) => boolean;
  /** Reads thought signatures out of the ids of tool calls. Every other provider is given plain ids. */
  readonly readsSignedIds?: boolean;
};

/** What is asked besides chat: one body in, one whole answer out. */
export type PlainOperation =
  | 'embeddings'
  | 'rerank'
  | 'moderation'
  | 'images'
  | 'imageEdits'
  | 'imageVariations'
  | 'speech'
  | 'transcription'
  | 'translation';

/** A 2xx answer. `json` is undefined where the bytes are not JSON. */
export type PlainReply = {
  readonly json: unknown;
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly headers?: WireHeaders;
};

export type Binary = { readonly contentType: string; readonly bytes: Uint8Array };

export type PlainAnswer = {
  /** In OpenAI's words (a rerank in Cohere's), or bytes that the caller gets as they are. */
  readonly body: JsonObject | Binary;
  /** Absent where nobody counted: the cost is then estimated. */
  readonly usage?: Usage;
};

export type PlainTranslation = {
  /** `body` is the caller's, with the deployment's defaults under it. */
  readonly toRequest: (body: JsonObject, target: Target) => WireRequest | Refusal;
  /** Throws {@link InvalidResponse} when the reply is not an answer of this provider. */
  readonly fromResponse: (reply: PlainReply, body: JsonObject, target: Target) => PlainAnswer;
  /** The requests of which this one consists, where the provider takes one input at a time; nothing when one call will do. */
  readonly split?: (body: JsonObject, target: Target) => readonly JsonObject[] | undefined;
  /** Their answers, in order, as one. */
  readonly join?: (answers: readonly PlainAnswer[], body: JsonObject, target: Target) => PlainAnswer;
  /** Nothing when the reply is the answer itself. Absent for providers that answer at once. `before`: what was polled for this reply. */
  readonly receipt?: (reply: PlainReply, target: Target, before?: Receipt) => Receipt | undefined;
};

/** A stream in a dialect that provider and caller share, collected while its frames pass. */
export type NativeStream = {
  /** Frames for the caller as JSON texts, `type` first. Called for every event, in order; what says nothing yet may be held back. */
  readonly pass: (event: Extract<WireEvent, { kind: 'event' }>) => readonly string[];
  /** What was held back until the end. */
  readonly rest?: () => readonly string[];
  /** The whole answer, once the stream is complete. */
  readonly answer: () => Readonly<Record<string, unknown>>;
};

/** What the caller asked, and the gateway's id of it. */
export type NativeAsked = { readonly id: string; readonly body: Body };

/** For callers who speak the provider's own dialect: nothing is translated, so that nothing is lost that the chat protocol cannot say. */
export type NativeTranslation = {
  /**
   * Whether a server at this address may have nothing at that path, though it is called by this provider's name: it is then asked as a
   * chat. Absent: it has.
   */
  readonly mayBeMissing?: (target: Target) => boolean;
  /** Whether this model is asked in the dialect; absent: every model is. */
  readonly serves?: (model: string) => boolean;
  /** `defaults`: the deployment's own parameters, in the chat protocol's words; what the caller says goes before them. */
  readonly toRequest: (body: Body, target: Target, defaults: Partial<ChatRequest>) => WireRequest | Refusal;
  /** The answer in the dialect, changed only in what it calls the model. */
  readonly fromResponse: (body: unknown, shownModel: string, asked: NativeAsked) => Readonly<Record<string, unknown>>;
  readonly stream: (shownModel: string, body: Body, id: string) => NativeStream;
  /** The same answer as the chat protocol tells it, for accounting. Throws {@link InvalidResponse}. */
  readonly meter: (body: unknown, target: Target) => ChatResponse;
  readonly framing: ChatTranslation['framing'];
  readonly decoder: (target: Target) => Decoder;
};

/** Headers of an upstream answer, names in lower case. */
export type WireHeaders = Readonly<Record<string, string>>;

export type Provider = { readonly [operation in PlainOperation]?: PlainTranslation } & {
  readonly id: string;
  /** For people: tables, error messages. */
  readonly title: string;
  readonly baseUrl: string;
  /** Environment variables that hold the credential, first set one wins. */
  readonly keyVariables: readonly string[];
  /** Environment variables that override the base URL, first set one wins. */
  readonly baseUrlVariables?: readonly string[];
  /** Deployment settings that an environment variable gives where the configuration does not, first set one wins. */
  readonly settingVariables?: Readonly<Record<string, readonly string[]>>;
  /** Environment variables that say there is an account to call with, though none of them is the credential that is sent. */
  readonly accountVariables?: readonly string[];
  readonly auth: Auth;
  /** A server of one's own that usually runs without a credential: none is needed, one is sent when configured. */
  readonly keyOptional?: boolean;
  readonly chat?: ChatTranslation;
  /** Kinds of requests whose dialect is the provider's own. */
  readonly native?: {
    readonly message?: NativeTranslation;
    readonly response?: NativeTranslation;
    /** `serves`: whether this model completes texts; the provider's others only chat. */
    readonly completion?: NativeTranslation & { readonly serves: (model: string) => boolean };
    readonly generation?: NativeTranslation;
  };
  /** An answer with a status that is not 2xx. `body` is parsed JSON where it was JSON, else text. */
  readonly fromError: (status: number, body: unknown, headers: WireHeaders) => Failure;
};

/** A 200 whose body is not what the provider's protocol says. Situations: HTML from a proxy, an empty body, no `choices`. */
export class InvalidResponse extends Error {
  override readonly name = 'InvalidResponse';
  /** The provider's own error, where a 200 carried one: it says more than "invalid". */
  readonly failure: Failure | undefined;

  constructor(message: string, failure?: Failure) {
    super(message);
    this.failure = failure;
  }
}
