/** Faults of the gateway's own processes and of its callers. Rows run beside each other: each has its database and task queue. */
import { setTimeout as pause } from 'node:timers/promises';
import { waitFor } from '../support/wait.ts';
import { PATIENT, two, underLoad } from './row.ts';
import type { Row } from './row.ts';
import { isStopped } from './stopped.ts';

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
      const { signal } = await stage.died(first);
      stage.expect(signal === 'SIGKILL', `the process ended with ${signal ?? 'a code'}, not by the fault`);
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
      const gateway = await stage.start({ fault: `${point}:1` });
      for (let call = 0; call < failingCalls; call += 1) stage.oracle.next({ status: 500 });
      stage.struck();
      await stage.askMany(8);
      stage.expect(gateway.log().includes(`fault: ${point}`), `no reply was lost at ${point}`);
    },
  };
}

export const PROCESSES: readonly Row[] = [
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
      const [first] = await two(stage, PATIENT);
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
      await stage.start(PATIENT);
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
      const gateways = await two(stage, PATIENT);
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
