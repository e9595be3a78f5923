/** Every fault of the campaign, one row each: what is broken, where, and under what load. The laws checked afterwards are the same for all. */
import { setTimeout as pause } from 'node:timers/promises';
import type { GatewayProcess } from '../support/gateway-process.ts';
import { waitFor } from '../support/wait.ts';
import { isStopped } from './stopped.ts';
import type { Stage } from './stage.ts';

export type Row = {
  readonly name: string;
  /** It takes the shared servers away: nothing else may run beside it. */
  readonly exclusive?: boolean;
  /** These laws must be seen broken after it: proof that the campaign would notice. */
  readonly breaks?: readonly string[];
  run(stage: Stage): Promise<void>;
};

/** Longer than the 2 s lease of every row, so that a stopped process counts as dead; milliseconds. */
const PAST_LEASE_MS = 2_600;

function killAt(point: string, streaming: boolean): Row {
  return {
    name: `kill at ${point}, ${streaming ? 'stream' : 'plain'}`,
    run: async (stage) => {
      // Commits are grouped: of eight requests there may be few of them.
      const nth = /^(admit|settle)/.test(point) ? stage.random.whole(1, 2) : stage.random.whole(1, 6);
      const fault = `${point}:${nth}`;
      // Either another process takes over, or the same one comes back.
      const two = stage.random.chance(0.5);
      const [first] = await Promise.all([stage.start({ fault }), ...(two ? [stage.start()] : [])]);
      const asked = stage.askMany(8, { streaming });
      await stage.died(first);
      if (!two) await first.restart();
      await asked;
    },
  };
}

function stopAt(point: string, streaming: boolean): Row {
  return {
    name: `pause past the lease at ${point}, ${streaming ? 'stream' : 'plain'}`,
    run: async (stage) => {
      const fault = `${point}:${stage.random.whole(1, 2)}:stop`;
      const [first] = await Promise.all([stage.start({ fault }), stage.start()]);
      const asked = stage.askMany(8, { streaming, tryMs: 4_000 });
      await waitFor('the process to be stopped', () => isStopped(first.pid()), { forMs: 45_000 });
      stage.struck();
      await Promise.all([asked, pause(PAST_LEASE_MS)]);
      first.kill('SIGCONT');
      await first.ready();
    },
  };
}

function loseReply(point: string, failingCalls: number): Row {
  return {
    name: `reply lost at ${point}`,
    run: async (stage) => {
      await stage.start({ fault: `${point}:1` });
      for (let call = 0; call < failingCalls; call += 1) stage.oracle.next({ status: 500 });
      stage.struck();
      await stage.askMany(8);
    },
  };
}

/** Many requests on their way, and something happens once some of them have reached the provider. */
async function underLoad(stage: Stage, count: number, strike: () => Promise<void>): Promise<void> {
  const asked = Promise.all([stage.askMany(count / 2), stage.askMany(count / 2, { streaming: true })]);
  await stage.oracle.arrived(stage.random.whole(Math.floor(count / 4), Math.floor(count / 2)));
  stage.struck();
  await strike();
  await asked;
}

async function two(stage: Stage): Promise<readonly [GatewayProcess, GatewayProcess]> {
  return Promise.all([stage.start(), stage.start()]);
}

const PROCESSES: readonly Row[] = [
  ...[
    'admit.before_commit',
    'admit.after_commit',
    'call.before_send',
    'call.in_flight',
    'call.after_finish',
    'settle.after_commit',
  ].flatMap((point) => [killAt(point, false), killAt(point, true)]),
  killAt('stream.mid', true),
  {
    name: 'kill under 40 requests',
    run: async (stage) => {
      const [first] = await two(stage);
      await underLoad(stage, 40, async () => {
        first.kill();
        await stage.died(first);
      });
    },
  },
  stopAt('call.before_send', false),
  stopAt('call.in_flight', false),
  stopAt('call.after_finish', false),
  stopAt('stream.mid', true),
  loseReply('admit.reply', 0),
  // The first attempts fail, so that later ones have to be claimed.
  loseReply('claim.reply', 3),
  loseReply('settle.reply', 0),
  {
    name: 'SIGTERM under load',
    run: async (stage) => {
      const [first] = await two(stage);
      await underLoad(stage, 40, async () => {
        const { code } = await first.stop();
        stage.expect(code === 0, `the process that was asked to stop ended with ${code}`);
      });
      const wrong = stage.tries.filter(
        ({ status, retryAfter }) =>
          status !== undefined && status !== 200 && !(status === 503 && retryAfter !== undefined),
      );
      stage.expect(
        wrong.length === 0,
        `callers saw ${wrong.map(({ status, code }) => `${status} ${code}`).join(', ')} during a graceful stop`,
      );
      const cut = stage.tries.filter(({ end, status }) => end === 'cut' && status !== undefined);
      stage.expect(cut.length === 0, `${cut.length} answers were cut off by a graceful stop`);
      stage.expect(
        stage.oracle.calls.length === 40,
        `40 requests made ${stage.oracle.calls.length} calls during a graceful stop`,
      );
    },
  },
  {
    name: 'callers hang up and ask again',
    run: async (stage) => {
      await stage.start();
      stage.struck();
      for (let n = 1; n <= 8; n += 1) await stage.ask({ streaming: n % 2 === 0, leave: stage.oracle.arrived(n) });
      const left = stage.tries.filter(({ end }) => end === 'left').length;
      stage.expect(left === 8, `${left} of 8 callers hung up`);
      stage.expect(stage.oracle.calls.length === 8, `8 requests made ${stage.oracle.calls.length} calls`);
    },
  },
  {
    name: '30 callers, one Idempotency-Key',
    run: async (stage) => {
      const gateways = await two(stage);
      stage.struck();
      const asked = Array.from({ length: 30 }, (_, n) => {
        const at = gateways[n % 2];
        return stage.ask({ key: `${stage.taskQueue}-one`, streaming: false, ...(at === undefined ? {} : { at }) });
      });
      const outcomes = await Promise.all(asked);
      const answers = new Set(outcomes.map(({ answer }) => `${answer?.id} ${answer?.text}`));
      stage.expect(answers.size === 1, `30 callers with one key got ${answers.size} different answers`);
      stage.expect(stage.oracle.calls.length === 1, `one key made ${stage.oracle.calls.length} calls`);
    },
  },
  {
    name: 'cancel racing completion',
    run: async (stage) => {
      await stage.start();
      stage.struck();
      for (let n = 1; n <= 10; n += 1) {
        const asked = stage.ask({ streaming: n % 2 === 0 });
        const calls = await stage.oracle.arrived(n);
        const [id = ''] = calls[n - 1]?.attempt?.split('.') ?? [];
        // Around the time that the provider takes: sometimes before the answer, sometimes with it, sometimes after.
        await pause(stage.random.whole(0, 300));
        await Promise.all([stage.ledger.cancel(id), stage.ledger.cancel(id)]);
        await asked;
      }
    },
  },
];

const SERVERS: readonly Row[] = [
  ...(['postgres', 'temporal'] as const).flatMap((server) =>
    (['stop', 'kill'] as const).map((how): Row => ({
      name: `${how === 'stop' ? 'restart' : 'kill'} ${server === 'postgres' ? 'Postgres' : 'Temporal'} under load`,
      exclusive: true,
      run: async (stage) => {
        await two(stage);
        await underLoad(stage, 40, async () => {
          await stage.world[server][how]();
          await stage.world[server].start();
        });
      },
    })),
  ),
  ...(['fail', 'journal'] as const).map((policy): Row => ({
    name: `Temporal down at submission, policy ${policy}`,
    exclusive: true,
    run: async (stage) => {
      await stage.start({ holdfast: { temporal_down: policy } });
      await stage.world.temporal.stop();
      stage.struck();
      const asked: Promise<unknown>[] = [stage.askMany(8)];
      try {
        if (policy === 'journal') await asked[0];
        // Requests that were accepted before it was noticed are answered; once it is, nothing more is accepted.
        else
          await waitFor(
            'a refusal',
            () => {
              if (asked.length < 40) asked.push(stage.ask());
              return stage.tries.some(({ status }) => status === 503);
            },
            { forMs: 45_000, everyMs: 500 },
          );
      } finally {
        await stage.world.temporal.start();
      }
      await Promise.all(asked);
      const journaled = stage.tries.filter(({ durability }) => durability === 'journal').length;
      if (policy === 'journal') stage.expect(journaled > 0, 'no answer said that the journal alone carries it');
      const wrong = stage.tries.filter(
        ({ status, retryAfter }) => status !== 200 && !(status === 503 && retryAfter !== undefined),
      );
      stage.expect(
        wrong.length === 0,
        `callers saw ${wrong.map(({ status, code, end }) => `${status} ${code} ${end}`).join(', ')}`,
      );
    },
  })),
];

const CONTROLS: readonly Row[] = [
  {
    name: 'control: attempts are sent without a claim',
    breaks: ['I3'],
    run: async (stage) => {
      await stage.start({ fault: 'skip_claim' });
      stage.oracle.next({ status: 500 });
      // The request itself may never end: what counts is that the books do not explain the second call.
      void stage.ask();
      await stage.oracle.arrived(2);
    },
  },
  {
    name: 'control: the books are falsified afterwards',
    breaks: ['I1', 'I2', 'I3', 'I4'],
    run: async (stage) => {
      await stage.start();
      const ids = (await stage.askMany(4)).map(({ answer }) => answer?.id ?? '');
      await stage.sql('update requests set state = $2 where id = $1', [ids[0], 'failed']);
      await stage.sql("update requests set response = replace(response, 'question', 'answer') where id = $1", [ids[1]]);
      await stage.sql('delete from attempts where request_id = $1', [ids[2]]);
      await stage.sql('update attempts set cost_nano = cost_nano + 1 where request_id = $1', [ids[3]]);
    },
  },
];

export const ROWS: readonly Row[] = [...PROCESSES, ...CONTROLS, ...SERVERS];
