/** Faults of what the gateway stands on: Postgres and Temporal are taken away while requests are under way. */
import { waitFor } from '../support/wait.ts';
import { two, underLoad } from './row.ts';
import type { Row } from './row.ts';

export const SERVERS: readonly Row[] = [
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
