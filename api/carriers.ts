/** Gives requests to workflows: one of its own when the process is quiet, a convoy under load. The only user of the Temporal client. */
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { TypedSearchAttributes, type SearchAttributePair } from '@temporalio/common';
import { deferred } from '../activities/board.ts';
import { CANCEL_SIGNAL } from '../workflows/messages.ts';
import { MAX_KEYWORD_LENGTH, SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';
import type { Kind } from '../providers/kinds.ts';
import type { chatCompletion as requestWorkflow, convoy } from '../workflows/index.ts';
import { createBreaker, type Breaker } from './breaker.ts';

/** What a workflow's row in the Temporal UI says of a request. */
export type Passenger = {
  readonly id: string;
  readonly kind: Kind;
  readonly tenant: string;
  readonly alias: string;
  readonly model: string;
  readonly streaming: boolean;
  readonly endUser?: string;
  readonly tags?: readonly string[];
  /** Whom this process calls first: "openai/gpt-4o". */
  readonly first?: string;
  /** The plan, for people: one line of Markdown a group. */
  readonly route?: string;
};

export type Carriers = {
  /** Begins to carry a request; resolves with the workflow's id once Temporal has acknowledged its start, however long that takes. */
  carry(passenger: Passenger): Promise<string>;
  /** A workflow of the request's own, at once. Errors: what Temporal said. */
  giveOwnWorkflow(passenger: Passenger): Promise<void>;
  /** The acknowledged carrier of a request that is under way here. */
  carrierOf(id: string): string | undefined;
  /** Forgets a request that has been answered. */
  forget(id: string): void;
  /** Tells the request's own workflow to stop. False when it has none that runs. */
  cancel(id: string): Promise<boolean>;
  /** The request's own workflow; `unknown` when Temporal has lost or forgotten it. */
  stateOf(id: string): Promise<'running' | 'closed' | 'unknown'>;
  readonly breaker: Breaker;
  /** Starts not yet acknowledged. */
  pending(): number;
  /** Ends the retries of starts; what is not acknowledged is found in the ledger by the next process. */
  stop(): void;
};

export type CarriersOptions = {
  readonly client: Client;
  readonly taskQueue: string;
  readonly mode: 'auto' | 'per_request';
  /** Whether a worker of this process can take the first workflow task along with the start. */
  readonly eager: boolean;
  readonly log: { warn(details: object, message: string): void };
};

/** As many ids as fit into one search attribute of 2,048 bytes. */
const MAX_PASSENGERS = 60;
/** How long a convoy waits for company; hidden behind the provider's time. */
const WINDOW_MS = 20;
/** Convoys whose start Temporal has not acknowledged: more at once would only make each smaller, and each costs the same. */
const MAX_STARTS = 2;
const MAX_STARTS_PER_REQUEST = 100;
/** Nobody came for this long: the process is quiet, and a request gets a history of its own. One costs as much as a convoy of 60. */
const QUIET_MS = 100;
/** A worker that dies with the first task in hand delays the request by this much, instead of Temporal's 10 s. */
const TASK_TIMEOUT_MS = 5_000;
/** Temporal's limits are 400 and 20,000 bytes. */
const MAX_SUMMARY_BYTES = 300;
const MAX_DETAILS_BYTES = 10_000;
/** The client retries inside for up to 10 s; a start that takes longer than this counts as failed, and is begun again. */
const START_TIMEOUT_MS = 3_000;

export function createCarriers(options: CarriersOptions): Carriers {
  const { client, taskQueue, log } = options;
  const breaker = createBreaker();
  const carriers = new Map<string, string>();
  const waiting: { passenger: Passenger; resolve: (workflowId: string) => void }[] = [];
  let timer: NodeJS.Timeout | undefined;
  /** Somebody has waited for company long enough. */
  let windowOver = false;
  let lastArrival = Number.NEGATIVE_INFINITY;
  let pending = 0;
  let stopped = false;

  const startOwn = async (passenger: Passenger): Promise<void> => {
    try {
      await client.workflow.start<typeof requestWorkflow>(passenger.kind, {
        taskQueue,
        workflowId: passenger.id,
        args: [{ id: passenger.id, ...(passenger.first === undefined ? {} : { first: passenger.first }) }],
        requestEagerStart: options.eager,
        workflowTaskTimeout: TASK_TIMEOUT_MS,
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        typedSearchAttributes: new TypedSearchAttributes(attributesOf(passenger)),
        staticSummary: summaryOf(passenger),
        ...(passenger.route === undefined ? {} : { staticDetails: cut(passenger.route, MAX_DETAILS_BYTES) }),
      });
    } catch (error) {
      // Somebody was faster, or the reply to our own earlier start was lost: either way the request is carried.
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  };

  const startConvoy = async (workflowId: string, passengers: readonly Passenger[]): Promise<void> => {
    try {
      await client.workflow.start<typeof convoy>('convoy', {
        taskQueue,
        workflowId,
        args: [{ ids: passengers.map((passenger) => passenger.id) }],
        requestEagerStart: options.eager,
        workflowTaskTimeout: TASK_TIMEOUT_MS,
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        typedSearchAttributes: new TypedSearchAttributes([
          { key: SEARCH_ATTRIBUTES.requests, value: passengers.map((passenger) => passenger.id) },
        ]),
        staticSummary: cut(`${passengers.length} requests · ${modelsOf(passengers)}`, MAX_SUMMARY_BYTES),
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  };

  /** Starts until Temporal acknowledges. Repeating is harmless: the id is the same. */
  const startUntilAcknowledged = async (start: () => Promise<void>): Promise<boolean> => {
    pending += 1;
    try {
      for (let pauseMs = 100; !stopped; pauseMs = Math.min(pauseMs * 2, 2_000)) {
        try {
          await withTimeout(start(), START_TIMEOUT_MS);
          breaker.succeeded();
          return true;
        } catch (error) {
          breaker.failed();
          log.warn(
            { err: error instanceof Error ? (error.cause ?? error) : error },
            'Temporal did not take a workflow',
          );
          await new Promise((resolve) => setTimeout(resolve, pauseMs));
        }
      }
      return false;
    } finally {
      pending -= 1;
    }
  };

  const depart = (): void => {
    const passengers = waiting.splice(0, options.mode === 'per_request' ? 1 : MAX_PASSENGERS);
    const first = passengers[0];
    if (first === undefined) return;
    const workflowId = passengers.length === 1 ? first.passenger.id : `convoy_${first.passenger.id.slice(4)}`;
    const start =
      passengers.length === 1
        ? async () => startOwn(first.passenger)
        : async () =>
            startConvoy(
              workflowId,
              passengers.map(({ passenger }) => passenger),
            );
    void startUntilAcknowledged(start).then((acknowledged) => {
      departWhoMay();
      if (!acknowledged) return;
      for (const { passenger, resolve } of passengers) {
        carriers.set(passenger.id, workflowId);
        resolve(workflowId);
      }
    });
  };

  /** Starts what has waited long enough. While Temporal is busy with earlier starts the next convoy fills up instead. */
  const departWhoMay = (): void => {
    const limit = options.mode === 'per_request' ? MAX_STARTS_PER_REQUEST : MAX_STARTS;
    while (waiting.length > 0 && pending < limit && (windowOver || waiting.length >= MAX_PASSENGERS)) depart();
    if (waiting.length === 0) windowOver = false;
  };

  const openWindow = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      windowOver = true;
      departWhoMay();
    }, WINDOW_MS);
  };

  const isQuiet = (): boolean => {
    const now = performance.now();
    const quiet = now - lastArrival >= QUIET_MS;
    lastArrival = now;
    return quiet;
  };

  return {
    carry: async (passenger) => {
      const { promise, resolve } = deferred<string>();
      waiting.push({ passenger, resolve });
      if (isQuiet() || options.mode === 'per_request') windowOver = true;
      departWhoMay();
      if (waiting.length > 0) openWindow();
      return promise;
    },
    giveOwnWorkflow: async (passenger) => {
      await withTimeout(startOwn(passenger), START_TIMEOUT_MS * 3);
    },
    carrierOf: (id) => carriers.get(id),
    forget: (id) => carriers.delete(id),
    cancel: async (id) => {
      try {
        await client.workflow.getHandle(id).signal(CANCEL_SIGNAL);
        return true;
      } catch {
        // No workflow of its own (it rides a convoy) or it has ended; the ledger's mark reaches whoever makes the call.
        return false;
      }
    },
    stateOf: async (id) => {
      try {
        const { status } = await client.workflow.getHandle(id).describe();
        return status.name === 'RUNNING' ? 'running' : 'closed';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'unknown';
        throw error;
      }
    },
    breaker,
    pending: () => pending,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function attributesOf(passenger: Passenger): SearchAttributePair[] {
  const { tenant, alias, model, endUser, tags = [] } = passenger;
  const pairs: SearchAttributePair[] = [
    { key: SEARCH_ATTRIBUTES.tenant, value: cut(tenant, MAX_KEYWORD_LENGTH) },
    { key: SEARCH_ATTRIBUTES.keyAlias, value: cut(alias, MAX_KEYWORD_LENGTH) },
    { key: SEARCH_ATTRIBUTES.model, value: cut(model, MAX_KEYWORD_LENGTH) },
    { key: SEARCH_ATTRIBUTES.status, value: 'in_progress' },
  ];
  if (endUser !== undefined) pairs.push({ key: SEARCH_ATTRIBUTES.endUser, value: cut(endUser, MAX_KEYWORD_LENGTH) });
  if (tags.length > 0)
    pairs.push({ key: SEARCH_ATTRIBUTES.tags, value: tags.slice(0, MAX_TAGS).map((tag) => cut(tag, MAX_TAG_BYTES)) });
  return pairs;
}

/** Twenty of ninety bytes fit into the 2,048 that Temporal allows an attribute, quotes and commas included. */
const MAX_TAGS = 20;
const MAX_TAG_BYTES = 90;

/** Temporal counts bytes, and refuses the whole start for one attribute that is too long. */
function cut(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  // A character that is cut in two becomes a replacement character, three bytes long at most.
  return Buffer.from(text)
    .subarray(0, maxBytes - 3)
    .toString('utf8');
}

function modelsOf(passengers: readonly Passenger[]): string {
  return [...new Set(passengers.map((passenger) => passenger.model))].slice(0, 5).join(', ');
}

function summaryOf(passenger: Passenger): string {
  return cut(`${passenger.model} · ${passenger.alias}${passenger.streaming ? ' · stream' : ''}`, MAX_SUMMARY_BYTES);
}

async function withTimeout<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`Temporal did not answer within ${ms} ms.`));
    }, ms);
  });
  // The loser of the race may still fail, later and unheard.
  work.catch(() => undefined);
  return Promise.race([work, late]).finally(() => {
    clearTimeout(timer);
  });
}
