/** `POST /v1/chat/completions` and its aliases: parse, accept, answer. */
import { matcherOf, type Matcher } from '../../activities/config/match.ts';
import { parseChatRequest } from '../../providers/protocol/chat-schema.ts';
import type { Accepted, Caller, Submission } from '../dispatch.ts';
import { readJson } from '../middleware/body.ts';
import { edgeFailure, refuse, Refusal } from '../middleware/refusal.ts';
import { sendFailure, sendText } from '../middleware/reply.ts';
import { createSseSink } from '../stream/sse.ts';
import { answerHeaders } from './answer-headers.ts';
import { takeExtras } from './chat-extras.ts';
import type { Exchange, Params } from './exchange.ts';
import { idempotencyKeyOf } from './idempotency-key.ts';
import { pathOf } from './params.ts';

export async function chatCompletions(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const { deps } = exchange;
  if (deps.draining()) refuse('shutting_down', 'This process is shutting down; send the request again.');
  const body = await readJson(exchange, deps.config().holdfast.maxBodyBytes);
  const submission = parseSubmission(exchange, caller, { body, pathModel: pathOf(params['model']) });
  const accepted = await deps.dispatch.submit(submission);
  if ('refused' in accepted) {
    sendFailure(exchange, accepted.refused);
    return;
  }
  if (submission.streaming) answerStream(exchange, caller, accepted);
  else await answerWhole(exchange, caller, accepted);
}

function parseSubmission(
  exchange: Exchange,
  caller: Caller,
  { body, pathModel }: { body: unknown; pathModel: string | undefined },
): Submission {
  const { headers } = exchange.req;
  const idempotencyKey = idempotencyKeyOf(headers['idempotency-key']);
  if (!isRecord(body)) return refuse('invalid_request', 'The request body must be a JSON object.');
  // As in LiteLLM, the model in the path wins over the one in the body.
  const extras = takeExtras(pathModel === undefined ? body : { ...body, model: pathModel }, headers);
  const parsed = parseChatRequest(extras.body);
  if ('refused' in parsed) throw new Refusal(parsed.refused);
  const { request } = parsed;
  const models = matcherOf(exchange.deps.config());
  requireModel(models, request.model, 'model');
  extras.wishes.fallbacks?.forEach((model, index) => requireModel(models, model, `fallbacks[${index}]`));
  return {
    id: exchange.id,
    caller,
    kind: 'chatCompletion',
    body: request,
    model: request.model,
    streaming: request.stream === true,
    ...(typeof request.user === 'string' ? { endUser: request.user } : {}),
    wishes: extras.wishes,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function requireModel(models: Matcher, model: string, param: string): void {
  if (models.find(model) !== undefined) return;
  const shown = model.slice(0, 200);
  const nearest = models.nearest(shown);
  const hint = nearest === undefined ? '' : ` Did you mean \`${nearest}\`?`;
  throw new Refusal(
    edgeFailure(
      'model_not_found',
      `The model \`${shown}\` does not exist or you do not have access to it.${hint}`,
      param,
    ),
  );
}

async function answerWhole(exchange: Exchange, caller: Caller, accepted: Accepted): Promise<void> {
  const { res } = exchange;
  if (exchange.deps.config().holdfast.cancelOnDisconnect) {
    const leave = (): void => {
      if (!res.writableEnded) cancelAbandoned(exchange, caller, accepted);
    };
    if (res.destroyed) leave();
    else res.on('close', leave);
  }
  const answer = await accepted.answer();
  const headers = answerHeaders(exchange, accepted, answer.provenance);
  if (answer.kind === 'failed') {
    sendFailure(exchange, answer.failure, headers);
    return;
  }
  headers['content-type'] = 'application/json';
  sendText(exchange, 200, answer.json, headers);
}

function answerStream(exchange: Exchange, caller: Caller, accepted: Accepted): void {
  let detach = (): void => undefined;
  let gone = false;
  const sink = createSseSink({
    exchange,
    requestId: accepted.id,
    headers: (provenance) => answerHeaders(exchange, accepted, provenance),
    onGone: () => {
      gone = true;
      detach();
      if (exchange.deps.config().holdfast.cancelOnDisconnect) cancelAbandoned(exchange, caller, accepted);
    },
  });
  detach = accepted.stream(sink);
  // The sink may have been fed, and the reader lost, before there was anything to detach.
  if (gone) detach();
}

/** Only where the operator wants it; a replay's reader does not own the request that it watches. */
function cancelAbandoned({ deps, id }: Exchange, caller: Caller, accepted: Accepted): void {
  if (accepted.replayed) return;
  deps.requests.cancel(accepted.id, caller).catch((error: unknown) => {
    deps.log.warn({ request_id: id, err: error }, 'an abandoned request could not be cancelled');
  });
}
