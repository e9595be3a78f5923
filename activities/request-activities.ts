/** The activities of the request workflows: the steps of a request's way, with heartbeats. Each may be repeated at any time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { ConvoyInput, ConvoyStanding, RequestActivities, Standing } from './contract.ts';
import { finish, makeCall, stand, UnknownRequest, type Driver, type StepDeps } from './steps.ts';
import { noteCarrier, readEnded } from './store/requests.ts';

export type RequestActivitiesDeps = StepDeps & {
  /** Starts a workflow of its own for a request; harmless when it has one. */
  readonly giveOwnWorkflow: (id: string) => Promise<void>;
};

/** Heartbeats tell Temporal that this process lives, and an operator how far the answer is. */
const HEARTBEAT_MS = 2_000;

/** An answer leaves now, and its caller's next request may come at once: closing the workflow takes more processor time than both, and can wait. */
const CLOSE_AFTER_MS = 25;

export function createRequestActivities(deps: RequestActivitiesDeps): RequestActivities {
  return {
    awaitFirstCall: async ({ id }) => {
      const standing = await supervised(deps, id, async (by) => stand(deps, id, by));
      if (standing.kind === 'ended') {
        deps.attempts.forget(id);
        await sleep(CLOSE_AFTER_MS);
      }
      return standing;
    },
    callProvider: async (input) => supervised(deps, input.id, async (by) => makeCall(deps, input, by)),
    endRequest: async (input) => supervised(deps, input.id, async (by) => finish(deps, input, by)),
    awaitConvoy: async (input) => awaitConvoy(deps, input),
  };
}

/** Heartbeats while the work lasts, and passes a cancellation on to the call under way. */
async function supervised(
  deps: RequestActivitiesDeps,
  id: string,
  work: (by: Driver) => Promise<Standing>,
): Promise<Standing> {
  const context = Context.current();
  const beat = setInterval(() => {
    context.heartbeat({ id, ...deps.attempts.progress(id) });
  }, HEARTBEAT_MS);
  context.cancellationSignal.addEventListener('abort', () => {
    if (context.cancellationDetails?.cancelRequested === true) deps.attempts.cancel(id);
  });
  try {
    return await work({ ...carrierOf(context), signal: context.cancellationSignal });
  } catch (error) {
    // Repeating cannot bring the row back.
    if (error instanceof UnknownRequest) throw ApplicationFailure.nonRetryable(error.message, error.name);
    throw error;
  } finally {
    clearInterval(beat);
  }
}

/** The workflow that called; an activity may also be run without one, by hand. */
function carrierOf(context: Context): { readonly carrier?: string } {
  const execution = context.info.workflowExecution;
  return execution === undefined ? {} : { carrier: execution.workflowId };
}

async function awaitConvoy(deps: RequestActivitiesDeps, input: ConvoyInput): Promise<ConvoyStanding> {
  const context = Context.current();
  const { ids, forMs } = input;
  const beat = setInterval(() => {
    context.heartbeat({ open: ids.filter(deps.attempts.isRunning).length, of: ids.length });
  }, HEARTBEAT_MS);
  const deadline = forMs === undefined ? undefined : startDeadline(forMs);
  try {
    return await ride(deps, ids, carrierOf(context).carrier, deadline?.passed);
  } finally {
    clearInterval(beat);
    deadline?.clear();
  }
}

function startDeadline(ms: number): { readonly passed: Promise<undefined>; clear(): void } {
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  return {
    passed,
    clear: () => {
      clearTimeout(timer);
    },
  };
}

async function ride(
  deps: RequestActivitiesDeps,
  ids: readonly string[],
  carrier: string | undefined,
  deadline: Promise<undefined> | undefined,
): Promise<ConvoyStanding> {
  const left: string[] = [];
  const open: string[] = [];
  const unnoted: string[] = [];
  const elsewhere: string[] = [];
  const follow = async (id: string): Promise<void> => {
    const running = deps.attempts.find(id);
    if (running === undefined) {
      elsewhere.push(id);
      return;
    }
    const end = await (deadline === undefined ? running.end : Promise.race([running.end, deadline]));
    if (end === undefined) open.push(id);
    else if (end.kind !== 'ended') {
      await deps.giveOwnWorkflow(id);
      left.push(id);
    } else {
      deps.attempts.forget(id);
      if (!end.carrierNoted) unnoted.push(id);
    }
  };
  await Promise.all(ids.map(follow));
  if (elsewhere.length > 0) {
    // The process that accepted them is gone: what it settled has ended, the rest needs decisions.
    const ended = new Set((await readEnded(deps.database, elsewhere)).map((row) => row.id));
    for (const id of elsewhere) {
      if (ended.has(id)) unnoted.push(id);
      else {
        await deps.giveOwnWorkflow(id);
        left.push(id);
      }
    }
  }
  if (unnoted.length > 0 && carrier !== undefined) await noteCarrier(deps.database, unnoted, carrier);
  return { left, open };
}
