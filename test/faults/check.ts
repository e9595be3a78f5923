/** What is asked after every fault: is it over, has everything ended, and do callers, oracle and ledger tell the same story. */
import { waitFor } from '../support/wait.ts';
import { describe, judge } from './laws.ts';
import type { Money } from './laws.ts';
import type { LedgerRequest } from './ledger.ts';
import type { Stage } from './stage.ts';

export type Figures = Money & {
  readonly requests: number;
  readonly completed: number;
  readonly calls: number;
  readonly lost: number;
  readonly retries: number;
  readonly healedMs: number | undefined;
};

export type Verdict = { readonly figures: Figures; readonly broken: readonly string[] };

/** A request that ended while nobody carried it gets its workflow half a minute later; on a busy machine add as much again. Milliseconds. */
const QUIET_WITHIN_MS = 90_000;

export async function check(stage: Stage): Promise<Verdict> {
  const broken: string[] = [...stage.unmet];
  const healedMs = stage.healedMs();
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
      healedMs,
      ...money,
    },
  };
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

/** For the rows that break it on purpose: of the laws that must be seen broken, those that were not. */
export async function unseen(stage: Stage, laws: readonly string[]): Promise<readonly string[]> {
  const broken: string[] = [];
  await judge(stage, await stage.ledger.list(), broken);
  return laws
    .filter((law) => !broken.some((line) => line.startsWith(law)))
    .map((law) => `${law} was broken on purpose and the campaign did not see it: its other rows prove nothing`);
}
