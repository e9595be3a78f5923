/** The edge on a real socket, with a dispatch that answers at once: for what the edge alone decides. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import type { Config, Deployment } from '../../activities/config/config.ts';
import type { Accepted, Answer, Dispatch, Provenance, StreamSink, Submission } from '../../api/dispatch.ts';
import type { BatchDesk } from '../../api/routes/batch-desk.ts';
import type { DeliveryDesk } from '../../api/routes/delivery-desk.ts';
import type { FileStore } from '../../api/routes/file-store.ts';
import type { RequestReader } from '../../api/routes/request-reader.ts';
import { createServer, type ServerDeps } from '../../api/server.ts';

export const MASTER_KEY = 'sk-test-9f2c7d51e08b4a63';

export const PROVENANCE: Provenance = {
  deploymentId: 'd1',
  provider: 'openai',
  group: 'gpt-4o',
  attempts: 1,
  fallbacks: 0,
  costNanoUsd: 123_450n,
  providerMs: 0,
  durability: 'temporal',
};

export const COMPLETION = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_764_000_000,
  model: 'gpt-4o',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
});

function deployment(group: string): Deployment {
  return {
    id: `id-of-${group.replace(/[^a-z0-9]/g, '-')}`,
    group,
    provider: 'openai',
    model: group,
    apiKey: 'sk-upstream-secret',
    tags: [],
    defaults: {},
    settings: {},
    modelInfo: {},
  };
}

export function configOf(changes: Partial<Config['holdfast']> = {}): Config {
  return {
    deployments: ['gpt-4o', 'gpt-4o-mini', 'anthropic/claude-3', 'openai/*'].map(deployment),
    router: {
      strategy: 'simple-shuffle',
      numRetries: 2,
      retryAfterMs: 0,
      groupRetryPolicy: {},
      fallbacks: {},
      contextWindowFallbacks: {},
      contentPolicyFallbacks: {},
      defaultFallbacks: [],
      maxFallbacks: 5,
      timeoutMs: 600_000,
      cooldownTimeMs: 5_000,
      disableCooldowns: false,
      enablePreCallChecks: false,
      modelGroupAlias: { 'gpt-hidden': { group: 'gpt-4o', hidden: true } },
    },
    dropParams: false,
    modifyParams: false,
    holdfast: {
      workflows: 'auto',
      temporalDown: 'fail',
      maxUnsettled: 2_000,
      maxQueueMs: 5_000,
      drainMs: 60_000,
      leaseMs: 10_000,
      retentionMs: 604_800_000,
      streamRetentionMs: 172_800_000,
      maxBodyBytes: 1024 * 1024,
      delivery: 'at_least_once',
      cancelOnDisconnect: false,
      batches: { concurrency: 100 },
      webhooks: { secrets: [], allowedNetworks: [] },
      temporal: { namespace: 'default', taskQueue: 'holdfast', tls: false },
      ...changes,
    },
  };
}

export function accepted(
  submission: Submission,
  how: { answer?: Answer; stream?: (sink: StreamSink) => (() => void) | void; replayOf?: string } = {},
): Accepted {
  return {
    id: how.replayOf ?? submission.id,
    replayed: how.replayOf !== undefined,
    answer: async () => how.answer ?? { kind: 'completed', json: COMPLETION, provenance: PROVENANCE },
    stream: (sink) => how.stream?.(sink) ?? (() => undefined),
  };
}

export const NO_REQUESTS: RequestReader = {
  get: async () => undefined,
  list: async () => ({ data: [], hasMore: false }),
  cancel: async () => undefined,
};

/** Knows no file. */
export const NO_FILES: FileStore = {
  begin: async () => {
    throw new Error('this edge stores nothing');
  },
  get: async () => undefined,
  list: async () => ({ data: [], hasMore: false }),
  remove: async () => false,
  read: () => {
    throw new Error('this edge stores nothing');
  },
};

export const NO_BATCHES: BatchDesk = {
  create: async () => {
    throw new Error('this edge has no batches');
  },
  get: async () => undefined,
  list: async () => ({ data: [], hasMore: false }),
  change: async () => undefined,
  remove: async () => undefined,
};

export const NO_DELIVERIES: DeliveryDesk = {
  get: async () => undefined,
  list: async () => ({ data: [], hasMore: false }),
  replay: async () => undefined,
};

export type Edge = {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  /** Every submission that reached the durable path. */
  readonly submissions: readonly Submission[];
  close(): Promise<void>;
};

/** Listens on a free port of the loopback interface. */
export async function startEdge(changes: Partial<ServerDeps> = {}): Promise<Edge> {
  const submissions: Submission[] = [];
  const config = configOf();
  const dispatch: Dispatch = changes.dispatch ?? { submit: async (submission) => accepted(submission) };
  const server = createServer({
    config: () => config,
    requests: NO_REQUESTS,
    files: NO_FILES,
    batches: NO_BATCHES,
    deliveries: NO_DELIVERIES,
    exchanges: {
      read: async () => undefined,
      erase: async () => false,
      follow: () => {
        throw new Error('nothing is stored here');
      },
      place: async () => 'gone',
    },
    health: {
      readiness: async () => ({ database: 'connected', temporal: 'connected' }),
      endpoints: async () => ({ healthy: [], unhealthy: [] }),
    },
    masterKey: MASTER_KEY,
    log: pino({ level: 'silent' }),
    version: '0.0.0-test',
    draining: () => false,
    ...changes,
    dispatch: {
      submit: (submission) => {
        submissions.push(submission);
        return dispatch.submit(submission);
      },
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    submissions,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const HEADERS = { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json' };

/** A chat request; `body` replaces the default one, as text or as a value. */
export function chat(
  edge: Edge,
  body: unknown,
  headers: Record<string, string> = {},
  path = '/v1/chat/completions',
): Promise<Response> {
  return fetch(edge.url + path, {
    method: 'POST',
    headers: { ...HEADERS, ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
  });
}

export const HELLO = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] };
