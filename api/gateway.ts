/** Puts one process together: stores, attempts, worker, workflows, edge. What is started here is stopped here, in the opposite order. */
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Client } from '@temporalio/client';
import { NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import { createBatchActivities } from '../activities/batch-activities.ts';
import { createAttempts } from '../activities/attempts.ts';
import { createBells } from '../activities/bells.ts';
import { createBoard } from '../activities/board.ts';
import type { Config } from '../activities/config/config.ts';
import { knownModels } from '../activities/config/known-models.ts';
import { processVariables } from '../activities/config/environment.ts';
import { findDeployment } from '../activities/config/pass-through.ts';
import { createRedisExchange } from '../activities/health/redis-exchange.ts';
import { startSharing } from '../activities/health/sharing.ts';
import { exchangeReports } from '../activities/store/process-health.ts';
import { createDeploymentHealth } from '../activities/health/deployment-health.ts';
import { registerSearchAttributes } from '../activities/embedded/search-attributes.ts';
import type { Services } from '../activities/embedded/services.ts';
import { createHttpClient } from '../activities/http/client.ts';
import { createWebhookSender } from '../activities/http/webhook-sender.ts';
import { carryInline } from '../activities/inline.ts';
import { startKeeper } from '../activities/keeper.ts';
import { startOutbox } from '../activities/outbox.ts';
import { createRequestActivities } from '../activities/request-activities.ts';
import { listenForChanges } from '../activities/store/access/changes.ts';
import { createKeyCache } from '../activities/store/access/key-cache.ts';
import { createHashKey, isPepperOfDatabase } from '../activities/store/access/key-secrets.ts';
import { readPrincipal, readPrincipalOf } from '../activities/store/access/principals.ts';
import { createAdmissions } from '../activities/store/admissions.ts';
import { createJournal } from '../activities/store/journal.ts';
import { migrate } from '../activities/store/migrate.ts';
import { startNotices } from '../activities/store/notices.ts';
import { createPlans } from '../activities/store/plans.ts';
import { createPool } from '../activities/store/pool.ts';
import { createProcesses } from '../activities/store/processes.ts';
import { noteCarrier, readRequest } from '../activities/store/requests.ts';
import { createSettlements } from '../activities/store/settlements.ts';
import { createStreamJournal } from '../activities/stream-journal.ts';
import { armFault } from '../activities/telemetry/fault-points.ts';
import type { Logger } from '../activities/telemetry/logger.ts';
import { startWatch } from '../activities/watch.ts';
import { createWebhookActivities } from '../activities/webhook-activities.ts';
import { createBatchWorker, createWorker } from '../activities/worker.ts';
import type { Kind } from '../providers/kinds.ts';
import { decide, isFinal } from '../workflows/policy/decide.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';
import { batchQueueOf } from '../workflows/messages.ts';
import { createBatchCarrier } from './batch-carrier.ts';
import { createBatchDesk } from './batches.ts';
import { createResolveKey } from './access/caller.ts';
import { createLineRule } from './access/line-rule.ts';
import { createCarriers, type Passenger } from './carriers.ts';
import { createDeliveryDesk } from './deliveries.ts';
import type { Dispatch } from './dispatch.ts';
import { createExchanges } from './exchanges.ts';
import { createFileStore } from './files.ts';
import { follow } from './follow.ts';
import { createHealth } from './health.ts';
import { lineReader } from './line-reader.ts';
import { createRequestId } from './middleware/request-id.ts';
import { createReader } from './reader.ts';
import { createServer } from './server.ts';
import { createDispatch } from './submit.ts';
import { VERSION } from './version.ts';
import { createWebhookCarrier } from './webhook-carrier.ts';

export type Role = 'all' | 'api' | 'worker';

export type GatewayOptions = {
  readonly config: Config;
  readonly host: string;
  readonly port: number;
  readonly role: Role;
  readonly services: Pick<Services, 'databaseUrl' | 'temporalAddress' | 'temporalUiUrl'>;
  readonly masterKey: string;
  /** What keys are hashed with: the same in every process of an installation. */
  readonly keyPepper: string;
  readonly log: Logger;
};

export type Gateway = {
  readonly url: string;
  /** Lets what is under way finish, as long as the configuration allows, then leaves in order. */
  stop(): Promise<void>;
};

/** Errors: the database or Temporal cannot be reached, the port is taken. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, role, services, log } = options;
  const { holdfast } = config;
  armFault(processVariables()['HOLDFAST_FAULT']);
  await migrate(services.databaseUrl);
  const connection = await connectTemporal(options);
  await registerSearchAttributes(connection, holdfast.temporal.namespace, SEARCH_ATTRIBUTES);
  const client = new Client({ connection, namespace: holdfast.temporal.namespace });
  await waitForSearchAttributes(client);

  const database = createPool(services.databaseUrl, (error) => {
    log.debug({ err: error }, 'an idle database connection was closed');
  });
  const owner = `p_${randomBytes(9).toString('base64url')}`;
  const processes = createProcesses(database, { id: owner, role, leaseMs: holdfast.leaseMs });
  await processes.register();

  const liveConfig = (): Config => config;
  const hashKey = createHashKey(options.keyPepper);
  const keys = createKeyCache({
    read: async (hash) => readPrincipal(database, hash),
    listening: () => changes.listening(),
    ttlMs: config.access?.keyCacheMs ?? KEY_CACHE_MS,
    maxKeys: config.access?.keyCacheSize ?? KEY_CACHE_SIZE,
    nowMs: () => performance.now(),
  });
  if (!(await isPepperOfDatabase(database, hashKey)))
    log.warn(
      'the keys of this database were made with another pepper and are not known here: give every process the same HOLDFAST_KEY_PEPPER',
    );
  const changes = listenForChanges(services.databaseUrl, {
    onChange: keys.forget,
    onConnect: keys.clear,
    onError: (error) => {
      log.debug({ err: error }, 'changes of keys cannot be heard of; keys are read from the database meanwhile');
    },
  });
  const http = createHttpClient(config.userUrls);
  const board = createBoard();
  // Where news cannot arrive, those who wait look for themselves.
  const patienceMs = (): number => (notices.connected() ? HEARING_MS : DEAF_MS);
  const bells = createBells(patienceMs);
  const health = createDeploymentHealth(liveConfig);
  const scope = `${holdfast.temporal.namespace}:${holdfast.temporal.taskQueue}`;
  const redis = config.redisUrl === undefined ? undefined : createRedisExchange(config.redisUrl, scope, owner);
  const sharing = startSharing({
    health,
    ...(redis === undefined ? {} : { fast: redis.exchange }),
    plain: async (report) => exchangeReports(database, owner, report),
    log,
  });
  // So that a process that has just started knows what is cooling down.
  await sharing.now();
  const carriers = createCarriers({
    client,
    taskQueue: holdfast.temporal.taskQueue,
    // A convoy adopts the calls of its own process; without calls here each request needs a workflow that makes them.
    mode: role === 'api' ? 'per_request' : holdfast.workflows,
    eager: role === 'all',
    log,
  });
  /** Lines of batches under way here, and the workflows that carry them. */
  const lineCarriers = new Map<string, string>();
  const attempts = createAttempts({
    owner,
    http,
    board,
    health,
    settle: createSettlements(database),
    append: createJournal(database, bells.ring),
    isFinal,
    carrierOf: (id) => carriers.carrierOf(id) ?? lineCarriers.get(id),
    log,
  });
  const plans = createPlans(database);
  const steps = {
    owner,
    database,
    plans,
    attempts,
    board,
    health,
    deployment: (id: string) => findDeployment(liveConfig(), id),
  };
  const giveOwnWorkflow = async (passenger: Omit<Passenger, 'kind'> & { readonly kind: string }): Promise<void> => {
    await carriers.giveOwnWorkflow({ ...passenger, kind: passenger.kind as Kind });
    await noteCarrier(database, [passenger.id], passenger.id);
  };
  const giveOwnWorkflowTo = async (id: string): Promise<void> => {
    const row = await readRequest(database, id);
    if (row !== undefined) await giveOwnWorkflow(row);
  };
  const activities = createRequestActivities({ ...steps, giveOwnWorkflow: giveOwnWorkflowTo });
  const admit = createAdmissions(database);
  const leaving = new AbortController();
  const batchActivities = createBatchActivities({
    ...steps,
    config: liveConfig,
    admit,
    decide,
    reader: lineReader,
    refuseLine: createLineRule({
      config: liveConfig,
      read: async (id) => readPrincipalOf(database, id),
      nowMs: () => Date.now(),
    }),
    createRequestId,
    giveOwnWorkflow: giveOwnWorkflowTo,
    busy: () => board.awaited().length > 0,
    stopping: leaving.signal,
    cancelWorkflow: carriers.cancel,
    noteCarrier: (id, workflowId) => {
      if (workflowId === undefined) lineCarriers.delete(id);
      else lineCarriers.set(id, workflowId);
    },
  });
  const webhooks = holdfast.webhooks.secrets.length === 0 ? undefined : createWebhookSender(holdfast.webhooks);
  const webhookCarrier = createWebhookCarrier({ client, taskQueue: holdfast.temporal.taskQueue });
  const batchCarrier = createBatchCarrier({ client, taskQueue: holdfast.temporal.taskQueue });
  const stopping = new AbortController();
  let draining = false;
  const worker =
    role === 'api'
      ? undefined
      : await runWorker(
          () =>
            createWorker({
              connection,
              namespace: holdfast.temporal.namespace,
              taskQueue: holdfast.temporal.taskQueue,
              activities: { ...activities, ...createWebhookActivities({ database, sender: webhooks }) },
              graceMs: holdfast.drainMs,
            }),
          log,
        );
  const batchWorker =
    role === 'api'
      ? undefined
      : await runWorker(
          () =>
            createBatchWorker({
              connection,
              namespace: holdfast.temporal.namespace,
              taskQueue: batchQueueOf(holdfast.temporal.taskQueue),
              activities: batchActivities,
              graceMs: holdfast.drainMs,
            }),
          log,
        );
  const outbox = startOutbox({
    database,
    startBatch: batchCarrier.start,
    startWebhook: webhookCarrier.start,
    stateOfWorkflow: carriers.stateOf,
    log,
  });
  const keeper = startKeeper({
    database,
    processes,
    attempts,
    settings: () => liveConfig().holdfast,
    giveOwnWorkflow,
    stateOfWorkflow: carriers.stateOf,
    log,
  });
  const watch = startWatch({
    database,
    board,
    attempts,
    patienceMs,
    onError: (error) => {
      log.debug({ err: error }, 'the ledger cannot be read');
    },
  });
  const notices = startNotices({
    databaseUrl: services.databaseUrl,
    onNotice: ({ kind, id }) => {
      if (kind === 'written') bells.ring(id);
      else if (kind === 'ended') watch.ended(id);
      else attempts.cancel(id);
    },
    onGap: () => {
      bells.ringAll();
      watch.look();
    },
    onError: (error) => {
      log.debug({ err: error }, 'no news from other processes; they are asked instead');
    },
  });

  const workflowUrl = (workflowId: string): string | undefined =>
    services.temporalUiUrl === undefined
      ? undefined
      : `${services.temporalUiUrl}/namespaces/${encodeURIComponent(holdfast.temporal.namespace)}/workflows/${encodeURIComponent(workflowId)}`;
  const journal = createStreamJournal(database, bells);
  const dispatch: Dispatch =
    role === 'worker'
      ? {
          submit: async () =>
            Promise.resolve({
              refused: {
                code: 'overloaded',
                message: 'This process is a worker; send requests to one that serves the API.',
                billed: 'no',
              },
            }),
        }
      : createDispatch({
          owner,
          config: liveConfig,
          callsProviders: role === 'all',
          admit,
          plans,
          attempts,
          board,
          health,
          carriers,
          journal,
          look: watch.look,
          carryInline: (id) => {
            carryInline({ ...steps, decide }, id, stopping.signal).catch((error: unknown) => {
              log.warn({ err: error, request: id }, 'a request could not be carried without Temporal and waits for it');
            });
          },
          draining: () => draining,
        });
  const server = createServer({
    config: liveConfig,
    knownModels,
    dispatch,
    exchanges: createExchanges({
      database,
      journal,
      follow: (stored, resume) => follow({ board, journal, look: watch.look }, stored, resume),
    }),
    files: createFileStore(database),
    deliveries: createDeliveryDesk(database),
    batches: createBatchDesk({ database, carrier: batchCarrier, workflowUrl, log }),
    requests: createReader({ database, attempts, carriers, workflowUrl }),
    health: createHealth({ database, connection, config: liveConfig, health }),
    masterKey: options.masterKey,
    resolveKey: createResolveKey({ keys, hashKey, nowMs: () => Date.now() }),
    managed: { database, hashKey, forget: keys.forget },
    log,
    version: VERSION,
    draining: () => draining,
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    stop: async () => {
      draining = true;
      leaving.abort(new Error('The process is stopping.'));
      outbox.stop();
      // Callers on open connections learn it from a 503 that closes the connection, not from a reset in the middle of a request.
      await new Promise((resolve) => setTimeout(resolve, FAREWELL_MS));
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      // No further attempts are begun here; those under way settle without the worker.
      const workerStopped = Promise.all([worker?.stop(), batchWorker?.stop()]);
      await Promise.race([attempts.idle(), delay(holdfast.drainMs)]);
      // Whoever waits for a later attempt is told to ask again: the request goes on in the next process.
      board.release({
        code: 'shutting_down',
        message:
          'This process is stopping; the request goes on. Ask for it by its id, or repeat it with its Idempotency-Key.',
        retryAfterMs: 1_000,
        billed: 'maybe',
      });
      await Promise.race([closed, delay(CLOSE_MS)]);
      server.closeAllConnections();
      stopping.abort(new Error('The process is stopping.'));
      watch.stop();
      await notices.stop();
      await changes.stop();
      sharing.stop();
      redis?.close();
      carriers.stop();
      await workerStopped;
      // Last: while the lease is prolonged nobody takes this process's calls for lost.
      keeper.stop();
      await processes.leave().catch(() => undefined);
      await Promise.all([http.close(), webhooks?.close()]);
      await database.end();
      await connection.close().catch(() => undefined);
    },
  };
}

/** Between two looks of those who wait for other processes, while these can tell them. */
const HEARING_MS = 1_000;
const DEAF_MS = 100;
const KEY_CACHE_MS = 60_000;
const KEY_CACHE_SIZE = 10_000;

/** Long enough for requests that were on their way when the stop began to arrive and be answered. */
const FAREWELL_MS = 300;
/** For answers on their way out. */
const CLOSE_MS = 2_000;

async function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

async function connectTemporal(options: GatewayOptions): Promise<NativeConnection> {
  installRuntime();
  const { temporal } = options.config.holdfast;
  try {
    return await NativeConnection.connect({
      address: options.services.temporalAddress,
      // In a cluster or on one machine compression costs more than the bytes it saves; it is on by default.
      grpcCompression: { codec: 'none' },
      ...(temporal.tls ? { tls: true } : {}),
      ...(temporal.apiKey === undefined ? {} : { apiKey: temporal.apiKey }),
    });
  } catch (error) {
    throw new Error(`Temporal cannot be reached at ${options.services.temporalAddress}.`, { cause: error });
  }
}

/** A server learns of new attributes with a delay, and refuses every start that carries one until then. */
async function waitForSearchAttributes(client: Client): Promise<void> {
  const query = Object.values(SEARCH_ATTRIBUTES)
    .map((attribute) => `${attribute.name} IS NOT NULL`)
    .join(' AND ');
  const until = performance.now() + ATTRIBUTES_MS;
  for (;;) {
    try {
      await client.workflow.count(query);
      return;
    } catch (error) {
      if (performance.now() > until)
        throw new Error('Temporal does not know the search attributes of Holdfast.', { cause: error });
      await delay(200);
    }
  }
}

const ATTRIBUTES_MS = 60_000;

let runtimeInstalled = false;

/** Signals are ours to handle: by default the SDK stops workers on SIGTERM at once, before the process has drained. */
function installRuntime(): void {
  if (runtimeInstalled) return;
  Runtime.install({
    shutdownSignals: [],
    logger: QUIET,
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } },
  });
  runtimeInstalled = true;
}

const nothing = (): void => undefined;
/** The SDK reports each lost poll of an outage; the breaker says it once. */
const QUIET = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Keeps a worker running: one that failed (a long outage, a lost namespace) is made anew. */
async function runWorker(create: () => Promise<Worker>, log: Logger): Promise<{ stop(): Promise<void> }> {
  let stopped = false;
  let current: Worker | undefined = await create();
  const run = async (): Promise<void> => {
    while (!stopped) {
      try {
        current ??= await create();
        if (!stopped) await current.run();
      } catch (error) {
        log.error({ err: error }, 'the Temporal worker failed and is started again');
      }
      current = undefined;
      if (!stopped) await delay(WORKER_PAUSE_MS);
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopped = true;
      if (current?.getState() === 'RUNNING') current.shutdown();
      await running;
    },
  };
}

const WORKER_PAUSE_MS = 1_000;
