/** The ways a request can go, each as a scenario on a real gateway: what their histories are recorded from and replayed against. */
import type { Client } from '@temporalio/client';
import { chat, get, post, readRequest } from '../support/ask.ts';
import { MASTER_KEY, type Gateway } from '../support/gateway.ts';
import { startReceiver } from '../support/receiver.ts';
import type { Script, Upstream } from '../support/upstream.ts';
import { waitFor } from '../support/wait.ts';
import { BATCH_WAYS } from './batch-ways.ts';

export type Stage = { readonly gateway: Gateway; readonly upstream: Upstream; readonly client: Client };

/** Plays its part and returns the id of the workflow whose history tells it. */
export type Way = (stage: Stage) => Promise<string>;

const UNAVAILABLE: Script = { status: 503, body: { error: { message: 'come back later', type: 'server_error' } } };
const WRONG: Script = { status: 400, body: { error: { message: 'no', type: 'invalid_request_error' } } };

async function ask(stage: Stage, model: string, body: Readonly<Record<string, unknown>> = {}): Promise<string> {
  return (await chat(stage.gateway.url, { model, body })).id;
}

async function sendFile(
  { gateway }: Stage,
  path: string,
  name: string,
  fields: Readonly<Record<string, string>> = {},
): Promise<string> {
  const form = new FormData();
  for (const [field, value] of Object.entries({ model: 'mock', ...fields })) form.append(field, value);
  form.append(name, new File(['x'], 'x'));
  const headers = { authorization: `Bearer ${MASTER_KEY}` };
  const response = await fetch(gateway.url + path, { method: 'POST', headers, body: form });
  return response.headers.get('x-request-id') ?? '';
}

async function findOpen({ gateway }: Stage): Promise<string> {
  return waitFor('a request in progress', async () => {
    const { json } = await get(gateway.url, '/v1/requests?status=in_progress');
    return (json as unknown as { data: readonly { id: string }[] }).data[0]?.id;
  });
}

/** The convoy that carries some of these requests. */
async function convoyOf({ client }: Stage, ids: readonly string[]): Promise<string> {
  return waitFor('a convoy', async () => {
    const query = `WorkflowType = 'convoy' AND HoldfastRequests IN (${ids.map((id) => `'${id}'`).join(', ')})`;
    for await (const { workflowId } of client.workflow.list({ query })) return workflowId;
    return undefined;
  });
}

/** The delivery that tells a receiver which answers so of the end of a request. */
async function tell(stage: Stage, statuses: readonly number[]): Promise<string> {
  const receiver = await startReceiver();
  receiver.answer(...statuses);
  try {
    const { id } = await chat(stage.gateway.url, { model: 'alone', headers: { 'x-webhook-url': receiver.url } });
    return await waitFor('the delivery', async () => {
      const { json } = await get(stage.gateway.url, `/v1/webhooks/deliveries?status=delivered&subject=${id}`);
      return (json as unknown as { data: readonly { id: string }[] }).data[0]?.id;
    });
  } finally {
    await receiver.stop();
  }
}

export const WAYS: Readonly<Record<string, Way>> = {
  ...BATCH_WAYS,

  'webhook.delivered': async (stage) => tell(stage, []),

  'webhook.repeated': async (stage) => tell(stage, [500]),

  'chatCompletion.answered': async (stage) => ask(stage, 'alone'),

  'chatCompletion.retried': async (stage) => {
    stage.upstream.next(UNAVAILABLE);
    return ask(stage, 'alone');
  },

  'chatCompletion.fell-back': async (stage) => {
    stage.upstream.always((call) => (call.model === 'guarded-1' ? UNAVAILABLE : {}));
    return ask(stage, 'guarded', { num_retries: 1 });
  },

  'chatCompletion.gave-up': async (stage) => {
    stage.upstream.always(UNAVAILABLE);
    return ask(stage, 'alone', { num_retries: 1 });
  },

  'chatCompletion.refused': async (stage) => {
    stage.upstream.next(WRONG);
    return ask(stage, 'alone');
  },

  'chatCompletion.cancelled-while-waiting': async (stage) => {
    stage.upstream.next({
      status: 429,
      headers: { 'retry-after': '500' },
      body: { error: { message: 'slow down', type: 'requests' } },
    });
    const waiting = ask(stage, 'alone');
    const id = await findOpen(stage);
    await waitFor(
      'the failure to be recorded',
      async () => (await readRequest(stage.gateway.url, id)).attempts[0]?.status === 'failed',
    );
    await post(stage.gateway.url, `/v1/requests/${id}/cancel`, {});
    return waiting;
  },

  'chatCompletion.cancelled-in-a-call': async (stage) => {
    stage.upstream.next({ stall: 'after_head' });
    const waiting = ask(stage, 'alone');
    const id = await findOpen(stage);
    await stage.upstream.arrived(1);
    await post(stage.gateway.url, `/v1/requests/${id}/cancel`, {});
    return waiting;
  },

  'completion.answered': async (stage) =>
    (await post(stage.gateway.url, '/v1/completions', { model: 'alone', prompt: 'Say it.' })).id,

  'response.answered': async (stage) =>
    (await post(stage.gateway.url, '/v1/responses', { model: 'alone', input: 'Say it.' })).id,

  'message.answered': async (stage) =>
    (
      await post(stage.gateway.url, '/v1/messages', {
        model: 'alone',
        max_tokens: 10,
        messages: [{ role: 'user', content: 'Say it.' }],
      })
    ).id,

  'embedding.answered': async (stage) =>
    (await post(stage.gateway.url, '/v1/embeddings', { model: 'mock', input: 'x' })).id,

  'rerank.answered': async (stage) =>
    (await post(stage.gateway.url, '/v1/rerank', { model: 'mock', query: 'x', documents: ['x'] })).id,

  'moderation.answered': async (stage) =>
    (await post(stage.gateway.url, '/v1/moderations', { model: 'mock', input: 'x' })).id,

  'image.answered': async (stage) =>
    (await post(stage.gateway.url, '/v1/images/generations', { model: 'mock', prompt: 'x' })).id,

  'imageEdit.answered': async (stage) => sendFile(stage, '/v1/images/edits', 'image', { prompt: 'x' }),

  'imageVariation.answered': async (stage) => sendFile(stage, '/v1/images/variations', 'image'),

  'speech.answered': async (stage) =>
    (await post(stage.gateway.url, '/v1/audio/speech', { model: 'mock', input: 'x', voice: 'x' })).id,

  'transcription.answered': async (stage) => sendFile(stage, '/v1/audio/transcriptions', 'file'),

  'translation.answered': async (stage) => sendFile(stage, '/v1/audio/translations', 'file'),

  'generation.answered': async (stage) =>
    (
      await post(stage.gateway.url, '/v1beta/models/alone:generateContent', {
        contents: [{ parts: [{ text: 'Say it.' }] }],
      })
    ).id,

  'passThrough.answered': async (stage) =>
    (await post(stage.gateway.url, '/openai/v1/chat/completions', { model: 'x', messages: [] })).id,

  'convoy.answered': async (stage) => {
    const ids = await Promise.all(Array.from({ length: 20 }, async () => ask(stage, 'alone')));
    return convoyOf(stage, ids);
  },

  'convoy.left': async (stage) => {
    // The first rides alone; one of the others fails and leaves for a workflow of its own.
    stage.upstream.always((call) => (call.n % 10 === 5 ? UNAVAILABLE : {}));
    const ids = await Promise.all(Array.from({ length: 20 }, async () => ask(stage, 'alone')));
    return convoyOf(stage, ids);
  },

  'convoy.slow': async (stage) => {
    stage.upstream.always({ delayMs: 3_000 });
    const ids = await Promise.all(Array.from({ length: 10 }, async () => ask(stage, 'alone')));
    return convoyOf(stage, ids);
  },
};

const MOCK = { model_name: 'mock', litellm_params: { model: 'mock/plain' }, model_info: { id: 'mock-1' } };

export function configOf(upstream: Upstream): Record<string, unknown> {
  const deployment = (group: string, model: string): Record<string, unknown> => ({
    model_name: group,
    litellm_params: {
      model: `openai/${model}`,
      api_base: upstream.openaiUrl,
      api_key: 'sk-provider',
      use_in_pass_through: true,
    },
    model_info: { id: model },
  });
  return {
    model_list: [
      deployment('alone', 'alone-1'),
      deployment('guarded', 'guarded-1'),
      deployment('spare', 'spare-1'),
      MOCK,
    ],
    holdfast: { webhooks: { secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', allowed_networks: '127.0.0.0/8' } },
    router_settings: { num_retries: 2, disable_cooldowns: true, fallbacks: [{ guarded: ['spare'] }] },
  };
}
