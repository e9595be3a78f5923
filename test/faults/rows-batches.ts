/** Faults in the middle of a batch: every line is answered once, and paid for as often as the provider says. */
import { z } from 'zod';
import type { GatewayProcess } from '../support/gateway-process.ts';
import { waitFor } from '../support/wait.ts';
import type { Row } from './row.ts';
import { MASTER_KEY, type Stage } from './stage.ts';

const LINES = 300;

/** Restarts, leases and retries of activities on a busy machine; milliseconds. */
const ENDS_WITHIN_MS = 90_000;

const idSchema = z.object({ id: z.string() });
const batchSchema = z.object({
  id: z.string(),
  status: z.string(),
  output_file_id: z.string().nullable(),
  error_file_id: z.string().nullable(),
  request_counts: z.object({ total: z.number(), completed: z.number(), failed: z.number() }),
});
const resultSchema = z.object({
  custom_id: z.string(),
  response: z.object({ status_code: z.number(), request_id: z.string() }).nullable(),
});

async function call(stage: Stage, path: string, init: RequestInit = {}): Promise<string> {
  const alive = stage.gateways.find((gateway) => gateway.running());
  if (alive === undefined) throw new Error('no gateway runs');
  const answer = await fetch(alive.url + path, {
    ...init,
    headers: {
      authorization: `Bearer ${MASTER_KEY}`,
      ...(typeof init.body === 'string' ? { 'content-type': 'application/json' } : {}),
    },
    signal: AbortSignal.timeout(15_000),
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${text.slice(0, 300)}`);
  return text;
}

async function submit(stage: Stage): Promise<string> {
  const lines = Array.from({ length: LINES }, (_, n) =>
    JSON.stringify({
      custom_id: `line-${n}`,
      method: 'POST',
      url: '/v1/chat/completions',
      body: { model: 'oracle', messages: [{ role: 'user', content: `line ${n} of ${stage.taskQueue}` }] },
    }),
  );
  const form = new FormData();
  form.append('purpose', 'batch');
  form.append('file', new File([lines.join('\n')], 'in.jsonl'));
  const file = idSchema.parse(JSON.parse(await call(stage, '/v1/files', { method: 'POST', body: form })));
  const order = { input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' };
  return idSchema.parse(JSON.parse(await call(stage, '/v1/batches', { method: 'POST', body: JSON.stringify(order) })))
    .id;
}

/** Waits for the end of the batch, and lays its files beside its input. */
async function conclude(stage: Stage, id: string): Promise<void> {
  const batch = await waitFor(
    'the batch to end',
    async () => {
      const read = batchSchema.parse(JSON.parse(await call(stage, `/v1/batches/${id}`)));
      if (read.status !== 'completed') throw new Error(JSON.stringify(read));
      return read;
    },
    { forMs: ENDS_WITHIN_MS, everyMs: 200 },
  );
  const { total, completed, failed } = batch.request_counts;
  stage.expect(
    total === LINES && completed === LINES && failed === 0,
    `of ${LINES} lines ${completed} were answered and ${failed} failed, of ${total}`,
  );
  const text = batch.output_file_id === null ? '' : await call(stage, `/v1/files/${batch.output_file_id}/content`);
  const results = text
    .trim()
    .split('\n')
    .map((line) => resultSchema.parse(JSON.parse(line)));
  const answered = new Set(results.map(({ custom_id }) => custom_id));
  stage.expect(
    results.length === LINES && answered.size === LINES,
    `the file of results has ${results.length} lines, ${answered.size} of them different`,
  );
  for (const { response } of results) if (response !== null) stage.lines.add(response.request_id);
}

/** In the middle: some lines are answered, some are under way, most have not been begun. */
async function inTheMiddle(stage: Stage): Promise<void> {
  await stage.oracle.arrived(stage.random.whole(30, 120));
}

function killAt(point: string, most: number): Row {
  return {
    name: `kill at ${point} in a batch`,
    run: async (stage) => {
      const first = await stage.start({ fault: `${point}:${stage.random.whole(2, most)}`, holdfast: SLOW });
      const id = await submit(stage);
      await stage.died(first);
      await first.restart();
      await conclude(stage, id);
    },
  };
}

/** Fewer lines at once, so that a fault finds the batch in its middle. */
const SLOW = { batches: { concurrency: 40 } };

export const BATCHES: readonly Row[] = [
  killAt('admit.after_commit', 4),
  killAt('call.in_flight', 60),
  killAt('settle.after_commit', 6),
  {
    name: 'kill a lone process in a batch, twice',
    run: async (stage) => {
      const first: GatewayProcess = await stage.start({ holdfast: SLOW });
      const id = await submit(stage);
      for (const calls of [stage.random.whole(30, 80), stage.random.whole(120, 180)]) {
        await stage.oracle.arrived(calls);
        first.kill();
        await stage.died(first);
        await first.restart();
      }
      await conclude(stage, id);
    },
  },
  {
    name: 'kill one of two processes in a batch',
    run: async (stage) => {
      const [first] = await Promise.all([stage.start({ holdfast: SLOW }), stage.start({ holdfast: SLOW })]);
      const id = await submit(stage);
      await inTheMiddle(stage);
      first.kill();
      await stage.died(first);
      await conclude(stage, id);
    },
  },
  {
    name: 'SIGTERM one of two processes in a batch',
    run: async (stage) => {
      const [first] = await Promise.all([stage.start({ holdfast: SLOW }), stage.start({ holdfast: SLOW })]);
      const id = await submit(stage);
      await inTheMiddle(stage);
      stage.struck();
      const { code } = await first.stop();
      stage.expect(code === 0, `the process that was asked to stop ended with ${code}`);
      await conclude(stage, id);
      // Those under way were finished and none was begun twice.
      const calls = stage.oracle.calls.length;
      stage.expect(calls === LINES, `${LINES} lines made ${calls} calls during a graceful stop`);
    },
  },
];
