/** Attempts under way in this process: each is begun once, watched by whoever adopts it, and settled exactly once. */
import type { Body, Encoder } from '../providers/dialects/dialect.ts';
import { kindRow, type Kind } from '../providers/kinds.ts';
import type { ChatChunk } from '../providers/protocol/chat.ts';
import { textCharsOf } from '../providers/protocol/chars.ts';
import type { Failure } from '../providers/protocol/errors.ts';
import { beginCall, type CallResult } from './call.ts';
import { timeoutsOf } from './timeouts.ts';
import type { Metered } from './call-metered.ts';
import { deferred, type AnswerOrigin, type Board, type Ended } from './board.ts';
import type { Deployment } from './config/config.ts';
import type { EndSummary, PastAttempt, Plan } from './contract.ts';
import type { DeploymentHealth } from './health/deployment-health.ts';
import type { HttpClient } from './http/client.ts';
import { describeFailure } from './ledger-view.ts';
import { priceCall, type PricedCall } from './pricing.ts';
import { chunkId } from './store/chunk-id.ts';
import type { JournalBatch } from './store/journal.ts';
import type { RequestEnd, Settled, Settlement } from './store/settlements.ts';
import { parallelLimit } from './planned-deployment.ts';
import { createSlots } from './slots.ts';
import { createJournalWriter } from './journal-writer.ts';
import { reach } from './telemetry/fault-points.ts';

/** A claimed attempt, ready to be sent. */
export type AttemptStart = {
  readonly id: string;
  readonly n: number;
  readonly deployment: Deployment;
  readonly group: string;
  readonly kind: Kind;
  /** As the caller sent it. */
  readonly body: Body;
  readonly plan: Plan;
  readonly past: readonly PastAttempt[];
};

/** What came of an attempt, as far as its request is concerned. */
export type AttemptEnd =
  | { readonly kind: 'ended'; readonly state: RequestEnd; readonly summary: EndSummary; readonly carrierNoted: boolean }
  /** Recorded as failed; the request waits for a decision. */
  | { readonly kind: 'open' }
  /** Somebody else has ended the attempt or the request meanwhile: the ledger knows. */
  | { readonly kind: 'fenced' };

/** How far a call under way is. */
export type Progress = {
  readonly attempt: number;
  /** Chunks so far. */
  readonly seq: number;
  /** Characters of the answer so far. */
  readonly chars: number;
  readonly startedAtMs: number;
  readonly ttftMs?: number;
};

export type Attempts = {
  begin(start: AttemptStart): void;
  /** The attempt of this request that was begun here, running or lately ended. */
  find(id: string): { readonly n: number; readonly end: Promise<AttemptEnd> } | undefined;
  progress(id: string): Progress | undefined;
  /** Aborts the call under way; its attempt is settled with what was generated. False when none is under way here. */
  cancel(id: string): boolean;
  /** Its end has been taken note of by the workflow: what is asked later is read from the ledger. */
  forget(id: string): void;
  isRunning(id: string): boolean;
  /** Requests with a call under way. */
  running(): readonly string[];
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
};

export type AttemptsDeps = {
  readonly owner: string;
  readonly http: HttpClient;
  readonly board: Board;
  readonly health: DeploymentHealth;
  readonly settle: (settlement: Settlement) => Promise<Settled>;
  readonly append: (batch: JournalBatch) => Promise<void>;
  /** Whether nothing can follow such a failure; the workflows' own rule. */
  readonly isFinal: (plan: Plan, past: readonly PastAttempt[]) => boolean;
  /** The workflow that carries the request, when its start is acknowledged by now. */
  readonly carrierOf: (id: string) => string | undefined;
  readonly log: { error(details: object, message: string): void };
};

/** How long an ended attempt is remembered for the activity that adopts it; later it is read from the ledger. */
const REMEMBER_MS = 30_000;

type Running = {
  readonly n: number;
  readonly end: Promise<AttemptEnd>;
  readonly abort: (failure: Failure) => void;
  readonly startedAtMs: number;
  seq: number;
  chars: number;
  ttftMs?: number;
  endedAt?: number;
};

export function createAttempts(deps: AttemptsDeps): Attempts {
  const known = new Map<string, Running>();
  const slots = createSlots();
  let under = 0;
  let idlers: (() => void)[] = [];

  const forget = setInterval(() => {
    const before = performance.now() - REMEMBER_MS;
    for (const [id, running] of known) if (running.endedAt !== undefined && running.endedAt < before) known.delete(id);
  }, REMEMBER_MS / 3);
  forget.unref();

  const begin = (start: AttemptStart): void => {
    const { promise, resolve } = deferred<AttemptEnd>();
    const show = createShow(deps, start, (chars) => {
      running.seq += 1;
      running.chars += chars;
      running.ttftMs ??= performance.now() - startedAt;
      return running.seq;
    });
    const startedAt = performance.now();
    const startedAtMs = Date.now();
    const { deployment } = start;
    const { timeoutMs, idleMs, own: ownTimeout } = timeoutsOf(start.plan, deployment, start.body['stream'] === true);
    let firstAt: number | undefined;
    deps.health.begun(deployment);
    const call = slots.begin(deployment.id, parallelLimit(deployment), timeoutMs, () =>
      beginCall(deps.http, {
        id: start.id,
        n: start.n,
        deployment: start.deployment,
        kind: start.kind,
        body: start.body,
        streaming: start.body['stream'] === true,
        shownModel: shownModel(start),
        timeoutMs,
        idleMs,
        settings: { defaults: { drop_params: start.plan.dropParams }, wished: start.plan.settings ?? {} },
        onChunk: (chunk) => {
          firstAt ??= performance.now();
          show.chunk(chunk);
        },
        onFrames: (frames, textChars) => {
          firstAt ??= performance.now();
          show.frames(frames, textChars);
        },
      }),
    );
    void call.result.then((result) => {
      const metered = result.kind === 'answered' ? result.answer : result.metered;
      const { completion_tokens: completionTokens, total_tokens: totalTokens } = metered?.usage ?? {};
      deps.health.ended(deployment, {
        elapsedMs: performance.now() - startedAt,
        ...(firstAt === undefined ? {} : { ttftMs: firstAt - startedAt }),
        ...(completionTokens === undefined ? {} : { completionTokens }),
        ...(totalTokens === undefined ? {} : { totalTokens }),
        ...(result.kind === 'failed' ? { failure: result.failure } : {}),
        ownTimeout,
      });
    });
    const running: Running = { n: start.n, end: promise, abort: call.abort, startedAtMs, seq: 0, chars: 0 };
    // A process that was paused may still have an attempt under way that others declared lost: it must not speak any more.
    known.get(start.id)?.abort({ code: 'attempt_lost', message: 'The attempt was declared lost.', billed: 'maybe' });
    known.set(start.id, running);
    under += 1;
    void call.result
      .then(async (result) => finish(deps, start, result, show, performance.now() - startedAt))
      .catch((error: unknown): AttemptEnd => {
        // The ledger could not be written for minutes: the attempt stays "dispatching" and is found by its lease.
        deps.log.error({ err: error, request: start.id, attempt: start.n }, 'an attempt could not be settled');
        return { kind: 'fenced' };
      })
      .then((end) => {
        // A fresh entry: the old one keeps the request and its answer in memory. Not over a later attempt of a process that had been paused.
        if (known.get(start.id) === running) {
          known.set(start.id, { ...running, abort: () => undefined, endedAt: performance.now() });
        }
        under -= 1;
        resolve(end);
        if (under === 0) {
          for (const idler of idlers) idler();
          idlers = [];
        }
      });
  };

  return {
    begin,
    find: (id) => known.get(id),
    progress: (id) => {
      const running = known.get(id);
      if (running === undefined) return undefined;
      const { n: attempt, seq, chars, startedAtMs, ttftMs } = running;
      return { attempt, seq, chars, startedAtMs, ...(ttftMs === undefined ? {} : { ttftMs: Math.round(ttftMs) }) };
    },
    cancel: (id) => {
      const running = known.get(id);
      if (running === undefined || running.endedAt !== undefined) return false;
      running.abort({ code: 'cancelled', message: 'The request was cancelled.', billed: 'maybe' });
      return true;
    },
    forget: (id) => {
      if (!isUnderWay(known.get(id))) known.delete(id);
    },
    isRunning: (id) => isUnderWay(known.get(id)),
    running: () => [...known].filter(([, running]) => isUnderWay(running)).map(([id]) => id),
    idle: async () => (under === 0 ? undefined : new Promise<void>((resolve) => idlers.push(resolve))),
  };
}

function isUnderWay(running: Running | undefined): boolean {
  return running !== undefined && running.endedAt === undefined;
}

type Frame = { readonly id: number; readonly json: string };

type Show = {
  readonly chunk: (chunk: ChatChunk) => void;
  readonly frames: (texts: readonly string[], textChars?: number) => void;
  /** The frames that say "complete", given or made here: journaled now, shown only once the answer is committed. */
  readonly end: (texts: readonly string[] | undefined) => readonly Frame[];
  readonly shown: () => boolean;
  readonly flush: () => Promise<void>;
};

/** Of an answer that comes whole. */
const NO_FRAMES: Encoder = () => ({ frames: [], next: NO_FRAMES });

/** Chunks on their way to readers: in their words, numbered, published at once and journaled in batches. */
function createShow(deps: AttemptsDeps, start: AttemptStart, count: (chars: number) => number): Show {
  const { id, n } = start;
  const model = shownModel(start);
  const journal = createJournalWriter({ id, n, owner: deps.owner, append: deps.append });
  const row = kindRow(start.kind);
  let encode = row.operation === 'chat' ? row.dialect.encoder(start.body, id) : NO_FRAMES;
  let shown = false;
  const encoded = (chunk: ChatChunk | 'end'): readonly string[] => {
    const step = encode(chunk);
    encode = step.next;
    return step.frames;
  };
  const toFrame = (json: string, textChars = 0): Frame => {
    const frame = { id: chunkId(n, count(textChars)), json };
    journal.add(frame.id, json, textChars);
    return frame;
  };
  const frames = (texts: readonly string[], textChars = 0): void => {
    for (const [index, json] of texts.entries()) {
      const frame = toFrame(json, index === 0 ? textChars : 0);
      if (!shown) deps.board.opened(id, originOf(start));
      shown = true;
      deps.board.chunk(id, frame.id, frame.json);
      reach('stream.mid');
    }
  };
  return {
    chunk: (chunk) => {
      chunk.model = model;
      frames(encoded(chunk), textCharsOf(chunk));
    },
    frames,
    end: (texts) => (shown || texts !== undefined ? (texts ?? encoded('end')).map((json) => toFrame(json)) : []),
    shown: () => shown,
    flush: journal.flush,
  };
}

async function finish(
  deps: AttemptsDeps,
  start: AttemptStart,
  result: CallResult,
  show: Show,
  elapsedMs: number,
): Promise<AttemptEnd> {
  const { id, n } = start;
  const last = result.kind === 'answered' ? show.end(result.answer.last) : [];
  await show.flush();
  reach('call.after_finish');
  const metered = result.kind === 'answered' ? result.answer : result.metered;
  const priced = priceCall(start, metered, result.kind === 'failed' ? result.failure : undefined);
  const origin: AnswerOrigin = {
    ...originOf(start),
    providerMs: elapsedMs,
    ...(priced.costNano === undefined ? {} : { costNanoUsd: priced.costNano }),
  };
  const outcome = toOutcome(deps, start, result);
  const carrier = deps.carrierOf(id);
  const settled = await deps.settle({
    id,
    n,
    owner: deps.owner,
    state: outcome.attempt,
    ...priced.columns,
    ...(outcome.failure === undefined ? {} : { error: JSON.stringify(outcome.failure) }),
    ...(outcome.end === undefined
      ? {}
      : {
          end: {
            state: outcome.end,
            ...(outcome.json === undefined ? {} : { response: outcome.json }),
            ...(outcome.failure === undefined ? {} : { error: JSON.stringify(outcome.failure) }),
          },
        }),
    ...(carrier === undefined ? {} : { carrier }),
  });
  if (settled === 'refused') return { kind: 'fenced' };
  if (outcome.failure !== undefined && show.shown()) deps.board.broken(id, outcome.failure, origin);
  if (outcome.end === undefined) return { kind: 'open' };
  const end: Ended = {
    state: outcome.end,
    ...(outcome.json === undefined ? {} : { json: outcome.json }),
    ...(outcome.failure === undefined ? {} : { failure: outcome.failure }),
    origin,
  };
  for (const frame of last) deps.board.chunk(id, frame.id, frame.json);
  deps.board.end(id, end);
  return {
    kind: 'ended',
    state: outcome.end,
    summary: summarize(start, priced, metered, outcome.failure),
    carrierNoted: carrier !== undefined,
  };
}

type Outcome = {
  readonly attempt: 'completed' | 'failed' | 'cancelled';
  readonly end?: RequestEnd;
  readonly json?: string;
  readonly failure?: Failure;
};

function toOutcome(deps: AttemptsDeps, start: AttemptStart, result: CallResult): Outcome {
  if (result.kind === 'answered') {
    return { attempt: 'completed', end: 'completed', json: result.answer.json };
  }
  const { failure } = result;
  if (failure.code === 'cancelled') return { attempt: 'cancelled', end: 'cancelled', failure };
  const past: PastAttempt = { n: start.n, deployment: start.deployment.id, group: start.group, failure };
  // A first failure after which nothing can follow ends the request here; every other decision is a workflow's.
  if (start.n === 1 && deps.isFinal(start.plan, [past])) {
    const unknown = start.plan.delivery === 'at_most_once' && failure.billed !== 'no';
    return unknown
      ? { attempt: 'failed', end: 'outcome_unknown', failure: { ...failure, code: 'outcome_unknown' } }
      : { attempt: 'failed', end: 'failed', failure };
  }
  return { attempt: 'failed', failure };
}

/** The caller's own word for the model, unless a fallback answered: then the name of what really did. */
function shownModel(start: AttemptStart): string {
  return start.group === start.plan.group ? String(start.body['model']) : start.group;
}

function originOf(start: AttemptStart): AnswerOrigin {
  return {
    deploymentId: start.deployment.id,
    provider: start.deployment.provider,
    upstreamModel: start.deployment.model,
    group: start.group,
    attempts: start.n,
    maxRetries: start.plan.numRetriesWished ?? start.deployment.numRetries ?? start.plan.numRetries,
    fallbacks: new Set([start.plan.group, ...start.past.map((attempt) => attempt.group), start.group]).size - 1,
  };
}

function summarize(
  start: AttemptStart,
  priced: PricedCall,
  metered: Metered | undefined,
  failure: Failure | undefined,
): EndSummary {
  const tokens = metered?.usage?.total_tokens;
  return {
    attempts: start.n,
    deployment: start.deployment.id,
    provider: start.deployment.provider,
    model: start.deployment.model,
    ...(priced.costNano === undefined ? {} : { costUsd: Number(priced.costNano) / 1e9 }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(failure === undefined ? {} : { error: describeFailure(failure) }),
  };
}
