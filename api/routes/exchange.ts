/** What every route is given: one request, its response, who asks, and the gateway's parts. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { HashKey } from '../../activities/store/access/key-secrets.ts';
import type { Database } from '../../activities/store/pool.ts';
import type { Config } from '../../activities/config/config.ts';
import type { KnownModels } from '../../activities/config/match.ts';
import type { Caller, Dispatch } from '../dispatch.ts';
import type { BatchDesk } from './batch-desk.ts';
import type { DeliveryDesk } from './delivery-desk.ts';
import type { FileStore } from './file-store.ts';
import type { HealthProbe } from './health-probe.ts';
import type { RequestReader } from './request-reader.ts';
import type { StoredExchanges } from './stored-exchange.ts';

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'isLevelEnabled'>;

/** Everything the edge needs, built once in `main.ts`. */
export type ServerDeps = {
  /** The live configuration; a reload is seen by the next request. */
  readonly config: () => Config;
  /** A provider's models, as far as they are known: what `/v1/models` shows for a wildcard. */
  readonly knownModels?: KnownModels;
  readonly dispatch: Dispatch;
  readonly requests: RequestReader;
  readonly exchanges: StoredExchanges;
  readonly files: FileStore;
  readonly batches: BatchDesk;
  readonly deliveries: DeliveryDesk;
  readonly health: HealthProbe;
  readonly masterKey: string;
  /** Who holds a key that is not the master key; absent: nobody. Given the key itself, which it must not keep. */
  readonly resolveKey?: (key: string) => Promise<Caller | undefined>;
  /** Where keys, people and teams are kept; absent: nothing can be managed. */
  readonly managed?: Managed;
  readonly log: Log;
  readonly version: string;
  /** True from the moment the process was asked to stop: new requests go elsewhere. */
  readonly draining: () => boolean;
  readonly limits?: Partial<Limits>;
};

export type Managed = {
  readonly database: Database;
  readonly hashKey: HashKey;
  /** Makes this process forget what it keeps of it, before the others are told by the database. */
  readonly forget: (what: string, id: string) => void;
};

/** How long and how much a connection may take of us. */
export type Limits = {
  /** From the first byte to the end of the headers, milliseconds. */
  readonly headersTimeoutMs: number;
  /** From the first byte to the end of the body, milliseconds: 32 MiB need 2.3 Mbit/s. */
  readonly requestTimeoutMs: number;
  /** An idle connection is kept this long; above the 60 s of common load balancers, which must close first. */
  readonly keepAliveTimeoutMs: number;
  /** How often the two request limits are checked, milliseconds. */
  readonly checkIntervalMs: number;
  /** Silence on a stream before a comment is sent, milliseconds: proxies cut silent connections after 30 to 60 s. */
  readonly streamKeepAliveMs: number;
  /** Bytes a stream's reader may be behind before it is disconnected. */
  readonly maxUnreadBytes: number;
  /** How long a reader may take nothing of what is ready for it, milliseconds. */
  readonly unreadMs: number;
};

export const LIMITS: Limits = {
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 120_000,
  keepAliveTimeoutMs: 75_000,
  checkIntervalMs: 5_000,
  streamKeepAliveMs: 15_000,
  maxUnreadBytes: 1024 * 1024,
  unreadMs: 60_000,
};

/** One HTTP request on its way through the edge. */
export type Exchange = {
  readonly deps: ServerDeps;
  readonly limits: Limits;
  /** The OpenAPI document. Made at the first call: it costs memory that most processes never need. */
  readonly openApiJson: () => string;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly id: string;
  /** The caller's `x-litellm-call-id`, else the id. */
  readonly callId: string;
  /** Of the monotonic clock, milliseconds. */
  readonly startedAtMs: number;
  /** Whose shape errors have. */
  readonly speaks: Speaks;
};

export type Speaks = 'openai' | 'anthropic' | 'google';

export type Params = Readonly<Record<string, string | readonly string[]>>;

/**
 * `public`: no key. `key`: calls models or stands beside it. `read`: any valid key, for what is its own. `info`: any valid key, about
 * keys, people and teams. `manage`: those who manage something; the handler says what. `admin`: administrators, `operator`: the master key.
 * `api/access/permit.ts` says which roles these are.
 */
export type Access = 'public' | 'key' | 'read' | 'info' | 'manage' | 'admin' | 'operator';

/** A route's work, after its access rule was kept. The caller of a public route is {@link NOBODY}. */
export type Handler = (exchange: Exchange, caller: Caller, params: Params) => Promise<void> | void;

/** Reads nothing: no request belongs to its tenant. */
export const NOBODY: Caller = { tenant: '', operator: false, alias: '' };
