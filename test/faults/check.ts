/** The conservation laws, asked of three witnesses after every fault: the callers' log, the oracle's books, and the gateway's ledger. */
import type { Call } from '../support/upstream.ts';
import { waitFor } from '../support/wait.ts';
import { contentOf } from './caller.ts';
import { nano } from './ledger.ts';
import type { LedgerAttempt, LedgerRequest } from './ledger.ts';
import type { Stage } from './stage.ts';

export type Figures = {
  readonly requests: number;
  readonly completed: number;
  readonly calls: number;
  readonly lost: number;
  readonly retries: number;
  readonly billedNanoUsd: number;
  readonly settledNanoUsd: number;
  readonly healedMs: number | undefined;
};

export type Verdict = { readonly figures: Figures; readonly broken: readonly string[] };

/** A request that ended while nobody carried it gets its workflow half a minute later; on a busy machine add as much again. Milliseconds. */
const QUIET_WITHIN_MS = 90_000;

export async function check(stage: Stage): Promise<Verdict> {
  const broken: string[] = [...stage.unmet];
  await alive(stage, broken);
  const quiet = await becomesQuiet(stage, broken);
  const requests = quiet ?? (await stage.ledger.list());
  const money = await judge(stage, requests, broken);
  await checkWorkflows(stage, requests, broken);
  const attempts = requests.flatMap((request) => request.attempts);
  return {
    broken,
    figures: {
      requests: new Set(stage.outcomes.map((outcome) => outcome.key)).size,
      completed: requests.filter((request) => request.status === 'completed').length,
      calls: stage.oracle.calls.length,
      lost: attempts.filter((attempt) => attempt.status === 'lost').length,
      retries: stage.outcomes.reduce((sum, outcome) => sum + outcome.tries.length - 1, 0),
      healedMs: stage.healedMs(),
      ...money,
    },
  };
}

type Money = Pick<Figures, 'billedNanoUsd' | 'settledNanoUsd'>;

/** What three witnesses say, laid side by side. */
async function judge(stage: Stage, requests: readonly LedgerRequest[], broken: string[]): Promise<Money> {
  checkOutcomes(stage, requests, broken);
  await checkResults(stage, broken);
  checkCalls(stage, requests, broken);
  return checkMoney(stage, requests, broken);
}

/** I8: once the fault is over, every process that runs takes new requests. */
async function alive(stage: Stage, broken: string[]): Promise<void> {
  const running = stage.gateways.filter((gateway) => gateway.running());
  if (running.length === 0) broken.push('I8 no gateway runs');
  for (const at of running) {
    const outcome = await stage.ask({ at });
    if (outcome.answer === undefined)
      broken.push(`I8 ${at.url} answers nothing after the fault: ${describe(outcome.tries)}`);
  }
}

/** I1, I7: everything that was accepted ends, and nothing stays open. The ledger's requests when it does. */
async function becomesQuiet(stage: Stage, broken: string[]): Promise<readonly LedgerRequest[] | undefined> {
  try {
    await stage.oracle.idle();
    return await waitFor(
      'everything to end',
      async () => {
        const requests = await stage.ledger.list();
        const open = requests.find((request) => request.status === 'in_progress');
        if (open !== undefined) throw new Error(`request ${open.id} is in progress`);
        const attempt = requests.find(({ attempts }) => attempts.some(({ status }) => status === 'in_progress'));
        if (attempt !== undefined) throw new Error(`an attempt of ${attempt.id} is in progress`);
        const uncarried = requests.find((request) => request.temporal_url === undefined);
        if (uncarried !== undefined) throw new Error(`request ${uncarried.id} has no workflow`);
        const workflows = await stage.world.openWorkflows(stage.taskQueue);
        if (workflows > 0) throw new Error(`${workflows} workflows are open`);
        return requests;
      },
      { forMs: QUIET_WITHIN_MS, everyMs: 250 },
    );
  } catch (error) {
    broken.push(`I1/I7 ${(error as Error).message}`);
    return undefined;
  }
}

/** I1, I2: each caller has the one answer of its key, or was told that it was cancelled; and nobody's request is in the ledger. */
function checkOutcomes(stage: Stage, requests: readonly LedgerRequest[], broken: string[]): void {
  const byId = new Map(requests.map((request) => [request.id, request]));
  const known = new Set<string>();
  for (const outcome of stage.outcomes) {
    const last = outcome.tries.at(-1);
    const id = outcome.answer?.id ?? last?.id ?? '';
    known.add(id);
    const expected = outcome.answer !== undefined ? 'completed' : last?.code === 'cancelled' ? 'cancelled' : undefined;
    if (expected === undefined) broken.push(`I1 ${outcome.key} was never answered: ${describe(outcome.tries)}`);
    else if (byId.get(id)?.status !== expected)
      broken.push(
        `I1 ${outcome.key}: the caller saw ${id} ${expected}, the ledger says ${byId.get(id)?.status ?? 'nothing'}`,
      );
    const ids = new Set(outcome.tries.filter((each) => each.status === 200).map((each) => each.id));
    if (ids.size > 1) broken.push(`I2 ${outcome.key} was answered under ${[...ids].join(' and ')}`);
  }
  for (const request of requests)
    if (!known.has(request.id))
      broken.push(`I1 ${request.id} (${request.status}) is in the ledger and no caller knows it`);
  if (!requests.some((request) => request.status === 'completed')) broken.push('I8 nothing at all was completed');
}

/** I2: the ledger's answer is the caller's, byte for byte each time; the same key gives the same again. */
async function checkResults(stage: Stage, broken: string[]): Promise<void> {
  const answered = new Map(stage.outcomes.map((outcome) => [outcome.key, outcome]));
  for (const { key, streaming, answer } of answered.values()) {
    if (answer === undefined) continue;
    const [once, twice] = [await stage.ledger.bytes(answer.id), await stage.ledger.bytes(answer.id)];
    if (once !== twice) broken.push(`I2 ${answer.id}: two readings differ`);
    const stored = contentOf(JSON.stringify((JSON.parse(once) as { response?: unknown }).response ?? {}));
    if (stored !== answer.text)
      broken.push(`I2 ${answer.id}: the caller read “${answer.text}”, the ledger “${stored}”`);
    const again = await stage.repeat(key, streaming);
    if (again.answer?.id !== answer.id || again.answer.text !== answer.text || again.tries.at(-1)?.replayed !== true)
      broken.push(
        `I2 ${key} asked again gave ${again.answer?.id ?? 'no id'} “${again.answer?.text ?? describe(again.tries)}”`,
      );
  }
}

const key = (id: string, n: number | string): string => `${id}.${n}`;

/** I3: every call the provider got is exactly one attempt of the ledger, and every finished attempt is one call. */
function checkCalls(stage: Stage, requests: readonly LedgerRequest[], broken: string[]): void {
  const attempts = new Map(
    requests.flatMap(({ id, attempts: all }) => all.map((attempt) => [key(id, attempt.n), attempt] as const)),
  );
  const called = new Map<string, Call>();
  for (const call of stage.oracle.calls) {
    const name = call.attempt ?? '';
    if (!attempts.has(name))
      broken.push(`I3 call ${call.n} (${name || 'without an attempt'}) is no attempt of the ledger`);
    if (called.has(name)) broken.push(`I3 attempt ${name} was sent twice`);
    called.set(name, call);
  }
  for (const [name, attempt] of attempts) {
    if (attempt.status === 'completed' && called.get(name)?.state !== 'finished')
      broken.push(
        `I3 attempt ${name} is completed, but the provider ${called.has(name) ? 'was cut off' : 'never saw it'}`,
      );
  }
}

/** I4: the bill is what was settled and what the lost attempts truly cost, and every estimate encloses the truth. */
function checkMoney(stage: Stage, requests: readonly LedgerRequest[], broken: string[]): Money {
  const bills = new Map(stage.oracle.calls.map((call) => [call.attempt ?? '', call.billedNanoUsd]));
  const billedNanoUsd = stage.oracle.calls.reduce((sum, call) => sum + call.billedNanoUsd, 0);
  let settledNanoUsd = 0;
  let enclosedNanoUsd = 0;
  for (const request of requests) {
    let costNanoUsd = 0;
    for (const attempt of request.attempts) {
      const bill = bills.get(key(request.id, attempt.n)) ?? 0;
      if (isEstimate(attempt)) {
        enclosedNanoUsd += bill;
        const [min, max] = [
          nano(attempt.cost_min ?? 0),
          attempt.cost_max === undefined ? undefined : nano(attempt.cost_max),
        ];
        if (max === undefined || bill < min || bill > max)
          broken.push(`I4 ${request.id}.${attempt.n} cost ${bill}, the estimate says ${min} to ${max ?? 'nothing'}`);
        continue;
      }
      const cost = nano(attempt.cost ?? 0);
      settledNanoUsd += cost;
      costNanoUsd += cost;
      if (cost !== bill)
        broken.push(
          `I4 ${request.id}.${attempt.n} (${attempt.status}) was settled with ${cost} and billed with ${bill}`,
        );
    }
    if (
      request.cost !== null &&
      request.attempts.every((attempt) => !isEstimate(attempt)) &&
      nano(request.cost) !== costNanoUsd
    )
      broken.push(`I4 ${request.id} costs ${nano(request.cost)}, its attempts ${costNanoUsd}`);
  }
  if (billedNanoUsd !== settledNanoUsd + enclosedNanoUsd)
    broken.push(`I4 billed ${billedNanoUsd}, settled ${settledNanoUsd} and lost ${enclosedNanoUsd}`);
  return { billedNanoUsd, settledNanoUsd };
}

function isEstimate(attempt: LedgerAttempt): boolean {
  return attempt.estimated === true || attempt.status === 'lost';
}

/** I7: each request is carried by a workflow that Temporal knows. */
async function checkWorkflows(stage: Stage, requests: readonly LedgerRequest[], broken: string[]): Promise<void> {
  const urls = new Set(
    requests.flatMap((request) => (request.temporal_url === undefined ? [] : [request.temporal_url])),
  );
  for (const url of urls) {
    const id = decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '');
    if (!(await stage.world.hasWorkflow(id))) broken.push(`I7 Temporal knows no workflow ${id}`);
  }
}

function describe(
  tries: readonly { readonly status?: number; readonly end: string; readonly code?: string }[],
): string {
  return tries
    .slice(-6)
    .map(({ status, end, code }) => [status, code, end].filter((part) => part !== undefined).join(' '))
    .join(', ');
}

/** For the rows that break it on purpose: of the laws that must be seen broken, those that were not. */
export async function unseen(stage: Stage, laws: readonly string[]): Promise<readonly string[]> {
  const broken: string[] = [];
  await judge(stage, await stage.ledger.list(), broken);
  return laws
    .filter((law) => !broken.some((line) => line.startsWith(law)))
    .map((law) => `${law} was broken on purpose and the campaign did not see it: its other rows prove nothing`);
}
