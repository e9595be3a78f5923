/** The ways a batch can go: what the histories of its workflows are recorded from and replayed against. */
import { get, post } from '../support/ask.ts';
import { MASTER_KEY } from '../support/gateway.ts';
import { waitFor } from '../support/wait.ts';
import type { Stage, Way } from './ways.ts';

async function order({ gateway }: Stage, lines: readonly string[]): Promise<string> {
  const form = new FormData();
  form.append('purpose', 'batch');
  form.append('file', new File([lines.join('\n')], 'in.jsonl'));
  const headers = { authorization: `Bearer ${MASTER_KEY}` };
  const uploaded = await fetch(`${gateway.url}/v1/files`, { method: 'POST', headers, body: form });
  const file = (await uploaded.json()) as { id: string };
  const { json } = await post(gateway.url, '/v1/batches', {
    input_file_id: file.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
  });
  return String(json?.['id']);
}

function lines(count: number, model: string): readonly string[] {
  return Array.from({ length: count }, (_, n) =>
    JSON.stringify({
      custom_id: `${n}`,
      method: 'POST',
      url: '/v1/chat/completions',
      body: { model, messages: [{ role: 'user', content: `question ${n}` }] },
    }),
  );
}

async function ended({ gateway }: Stage, id: string): Promise<void> {
  await waitFor('the batch to end', async () => {
    const { json } = await get(gateway.url, `/v1/batches/${id}`);
    return ['completed', 'failed', 'cancelled', 'expired'].includes(String(json?.['status']));
  });
}

async function complete(stage: Stage): Promise<string> {
  const id = await order(stage, lines(120, 'mock'));
  await ended(stage, id);
  return id;
}

async function cancel(stage: Stage): Promise<string> {
  stage.upstream.always({ delayMs: 300 });
  const id = await order(stage, lines(600, 'alone'));
  await stage.upstream.arrived(10);
  await post(stage.gateway.url, `/v1/batches/${id}/cancel`, {});
  await ended(stage, id);
  return id;
}

async function hold(stage: Stage): Promise<string> {
  stage.upstream.always({ delayMs: 100 });
  const id = await order(stage, lines(600, 'alone'));
  await stage.upstream.arrived(10);
  await post(stage.gateway.url, `/v1/batches/${id}/pause`, {});
  await post(stage.gateway.url, `/v1/batches/${id}/resume`, {});
  await ended(stage, id);
  return id;
}

const firstShard = (way: Way): Way => {
  return async (stage) => `${await way(stage)}.1`;
};

export const BATCH_WAYS: Readonly<Record<string, Way>> = {
  'batch.completed': complete,
  'batch.refused': async (stage) => {
    const id = await order(stage, ['{}']);
    await ended(stage, id);
    return id;
  },
  'batch.cancelled': cancel,
  'batch.held': hold,
  'batchShard.completed': firstShard(complete),
  'batchShard.cancelled': firstShard(cancel),
  'batchShard.held': firstShard(hold),
};
