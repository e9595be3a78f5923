/** The conservation laws of calls, results and money: three witnesses, laid side by side. */
import type { Call } from '../support/upstream.ts';
import { contentOf } from './caller.ts';
import type { Try } from './caller.ts';
import { nano } from './ledger.ts';
import type { LedgerAttempt, LedgerRequest } from './ledger.ts';
import type { Stage } from './stage.ts';

export type Money = { readonly billedNanoUsd: number; readonly settledNanoUsd: number };

/** Adds a sentence to `broken` for everything that does not fit. */
export async function judge(stage: Stage, requests: readonly LedgerRequest[], broken: string[]): Promise<Money> {
  checkOutcomes(stage, requests, broken);
  await checkResults(stage, broken);
  checkCalls(stage, requests, broken);
  return checkMoney(stage, requests, broken);
}

/** I1, I2: each caller has the one answer of its key, or was told that it was cancelled; and nobody's request is in the ledger. */
function checkOutcomes(stage: Stage, requests: readonly LedgerRequest[], broken: string[]): void {
  const byId = new Map(requests.map((request) => [request.id, request]));
  const known = new Set<string>(stage.lines);
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

/** The last tries of a caller, for people. */
export function describe(tries: readonly Try[]): string {
  return tries
    .slice(-6)
    .map(({ status, end, code }) => [status, code, end].filter((part) => part !== undefined).join(' '))
    .join(', ');
}
