/** A prediction: a receipt while it runs, an answer when it has succeeded. */
import type { ChatRequest, ChatResponse } from '../protocol/chat.ts';
import { tokenCount } from '../protocol/count.ts';
import { isObject, textOf, type JsonObject } from '../protocol/json.ts';
import { extraHeaders } from '../protocol/settings.ts';
import type { Usage } from '../protocol/usage.ts';
import { InvalidResponse, type Receipt, type Target, type WireRequest } from '../provider.ts';
import { fromModel, TITLE } from './error.ts';

const POLL_AFTER_MS = 500;

const RUNNING: ReadonlySet<string> = new Set(['starting', 'processing', 'queued']);

function wireOf(method: WireRequest['method'], url: string, accept: string, target: Target): WireRequest {
  return { method, url, headers: { accept, ...extraHeaders(target.settings) }, body: '', dropped: [] };
}

/** The events lie on another host; it learns the credential only where it is the host we were told to trust. */
function eventsOf(urls: unknown, target: Target): Receipt['events'] {
  const address = isObject(urls) ? textOf(urls['stream']) : undefined;
  if (address === undefined || !URL.canParse(address) || !URL.canParse(target.baseUrl)) return undefined;
  const { origin, protocol } = new URL(address);
  const authorized = origin === new URL(target.baseUrl).origin;
  if (!authorized && protocol !== 'https:') return undefined;
  return { wire: wireOf('GET', address, 'text/event-stream', target), authorized };
}

export function toReceipt(body: unknown, _request: ChatRequest, target: Target): Receipt | undefined {
  if (!isObject(body) || typeof body['status'] !== 'string' || !RUNNING.has(body['status'])) return undefined;
  const id = textOf(body['id']);
  if (id === undefined) throw new InvalidResponse(`${TITLE} began a prediction without an id.`);
  // Built from the id: an address in the answer could lead the credential elsewhere.
  const url = `${target.baseUrl}/predictions/${encodeURIComponent(id)}`;
  const events = eventsOf(body['urls'], target);
  return {
    poll: wireOf('GET', url, 'application/json', target),
    pollAfterMs: POLL_AFTER_MS,
    ...(events === undefined ? {} : { events }),
    cancel: wireOf('POST', `${url}/cancel`, 'application/json', target),
  };
}

function toText(output: unknown): string {
  if (Array.isArray(output)) return output.map(toText).join('');
  if (typeof output === 'string') return output;
  return output === undefined || output === null ? '' : JSON.stringify(output);
}

function toUsage(metrics: unknown): Usage | undefined {
  if (!isObject(metrics)) return undefined;
  const input = tokenCount(metrics['input_token_count']);
  const output = tokenCount(metrics['output_token_count']);
  if (input === undefined || output === undefined) return undefined;
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

function failed(body: JsonObject, status: string): InvalidResponse {
  const failure = fromModel(body['error'] ?? `The prediction ended as ${status}.`);
  return new InvalidResponse(failure.message, failure);
}

export function fromResponse(body: unknown, _request: ChatRequest, target: Target): ChatResponse {
  if (!isObject(body)) throw new InvalidResponse(`${TITLE} answered with a body that is not a JSON object.`);
  const status = textOf(body['status']);
  if (status === undefined) throw new InvalidResponse(`${TITLE} answered with something that is no prediction.`);
  if (status !== 'succeeded') throw failed(body, status);
  const usage = toUsage(body['metrics']);
  return {
    id: target.id,
    object: 'chat.completion',
    created: target.created,
    model: target.model,
    choices: [{ index: 0, message: { role: 'assistant', content: toText(body['output']) }, finish_reason: 'stop' }],
    ...(usage === undefined ? {} : { usage }),
  };
}
