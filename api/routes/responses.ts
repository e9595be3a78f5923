/** `/v1/responses`: OpenAI's Responses API in front of every chat provider, its answers kept in the ledger. */
import { endedResponse, historyOf, shellOf } from '../../providers/dialects/response-object.ts';
import { parseResponses } from '../../providers/dialects/responses-schema.ts';
import type { Accepted, Caller, StreamSink, Submission } from '../dispatch.ts';
import { refuse } from '../middleware/refusal.ts';
import { commonHeaders, sendFailure, sendJson, sendText } from '../middleware/reply.ts';
import { REQUEST_ID } from '../middleware/request-id.ts';
import { RESPONSE_WORDS } from '../stream/words.ts';
import { answer, answerStream } from './answer.ts';
import { answerHeaders } from './answer-headers.ts';
import type { Exchange, Params } from './exchange.ts';
import { resolveReferences } from './item-references.ts';
import { parseQuery, pathOf } from './params.ts';
import { responseQuerySchema } from './responses-schemas.ts';
import type { StoredExchange } from './stored-exchange.ts';
import { readCall, toSubmission } from './submission.ts';

export async function createResponse(exchange: Exchange, caller: Caller): Promise<void> {
  const body = await resolveReferences(
    await readCall(exchange),
    async (id) => (await readStored(exchange, caller, id))?.responseJson,
  );
  const parsed = toSubmission(exchange, caller, {
    kind: 'response',
    body,
    pathModel: undefined,
    parse: parseResponses,
  });
  const inBackground = parsed.body['background'] === true;
  if (inBackground && parsed.body['store'] === false)
    refuse('invalid_request', 'A response in the background must be stored: leave out store.', 'store');
  const submission = await withHistory(exchange, caller, parsed);
  if (inBackground && !submission.streaming) await queue(exchange, submission);
  else await answer(exchange, caller, submission, RESPONSE_WORDS);
}

/** What was said before, taken along: every attempt finds the whole conversation in the body, whatever becomes of earlier responses. */
async function withHistory(exchange: Exchange, caller: Caller, submission: Submission): Promise<Submission> {
  const { _history: _own, ...body } = submission.body;
  const previous = body['previous_response_id'];
  if (typeof previous !== 'string') return { ...submission, body };
  const stored = await readStored(exchange, caller, previous);
  if (stored === undefined)
    return refuse(
      'not_found',
      `Previous response with id '${previous.slice(0, 100)}' not found.`,
      'previous_response_id',
    );
  if (stored.responseJson === undefined) {
    return refuse(
      'invalid_request',
      `The previous response has no output: its status is ${stored.status}.`,
      'previous_response_id',
    );
  }
  return { ...submission, body: { ...body, _history: historyOf(stored.body, stored.responseJson) } };
}

async function queue(exchange: Exchange, submission: Submission): Promise<void> {
  const accepted = await exchange.deps.dispatch.submit(submission);
  if ('refused' in accepted) {
    sendFailure(exchange, accepted.refused);
    return;
  }
  // Nobody waits for it here; it still tells when the request is no longer under way in this process.
  void accepted.answer();
  const headers = answerHeaders(exchange, accepted, { attempts: 0, fallbacks: 0, durability: 'temporal' });
  const { body, model } = submission;
  sendJson(exchange, 200, shellOf({ id: accepted.id, body, model, status: 'queued' }), headers);
}

export async function getResponse(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const { stream, starting_after: after } = parseQuery(exchange.req.url, responseQuerySchema);
  const stored = await requireStored(exchange, caller, params);
  if (stream !== 'true') {
    sendStored(exchange, stored);
    return;
  }
  if (stored.body['stream'] !== true)
    refuse('invalid_request', 'Only a response that was created with stream can be streamed.', 'stream');
  const accepted = exchange.deps.exchanges.follow(stored);
  answerStream(exchange, caller, after === undefined ? accepted : startingAfter(accepted, after), RESPONSE_WORDS);
}

const SEQUENCE = /^\{"type":"[\w.]+","sequence_number":(\d+)/;

function startingAfter(accepted: Accepted, after: number): Accepted {
  const behind = (sink: StreamSink): StreamSink => ({
    ...sink,
    chunk: (id, json) => Number(SEQUENCE.exec(json)?.[1] ?? after) <= after || sink.chunk(id, json),
  });
  return { ...accepted, stream: (sink) => accepted.stream(behind(sink)) };
}

export async function cancelResponse(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const { id } = await requireStored(exchange, caller, params);
  await exchange.deps.requests.cancel(id, caller);
  sendStored(exchange, await requireStored(exchange, caller, params));
}

export async function deleteResponse(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const { id } = await requireStored(exchange, caller, params);
  if (!(await exchange.deps.exchanges.erase(id, caller)))
    refuse('invalid_request', 'The response is still in progress: cancel it before it is deleted.', 'id');
  sendJson(exchange, 200, { id: pathOf(params['id']), object: 'response', deleted: true });
}

function sendStored(exchange: Exchange, stored: StoredExchange): void {
  const headers = commonHeaders(exchange);
  headers['content-type'] = 'application/json';
  sendText(exchange, 200, stored.responseJson ?? JSON.stringify(endedResponse(stored)), headers);
}

async function requireStored(exchange: Exchange, caller: Caller, params: Params): Promise<StoredExchange> {
  const id = pathOf(params['id']) ?? '';
  const stored = await readStored(exchange, caller, id);
  // The same words for an id that does not exist and for another tenant's, so that ids cannot be probed.
  return stored ?? refuse('not_found', `Response with id '${id.slice(0, 100)}' not found.`, 'id');
}

/** Nothing for another tenant's, for one that was not to be stored, and for one that was deleted. */
async function readStored(exchange: Exchange, caller: Caller, id: string): Promise<StoredExchange | undefined> {
  const requestId = id.replace(/^resp_/, 'req_');
  if (!id.startsWith('resp_') || !REQUEST_ID.test(requestId)) return undefined;
  const stored = await exchange.deps.exchanges.read(requestId, caller);
  return stored?.kind === 'response' && stored.body['store'] !== false ? stored : undefined;
}
