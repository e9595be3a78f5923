/** From a body to a submission and from there to a whole answer: what every route that starts a request does. */
import type { Config } from '../../activities/config/config.ts';
import { matcherOf, type Matcher } from '../../activities/config/match.ts';
import type { Failure } from '../../providers/protocol/errors.ts';
import { isObject } from '../../providers/protocol/json.ts';
import type { Body } from '../../providers/dialects/dialect.ts';
import type { Kind } from '../../providers/kinds.ts';
import type { Accepted, Caller, Submission } from '../dispatch.ts';
import { isLimited, requireModelAccess, resolveAlias } from '../access/models.ts';
import { readJson } from '../middleware/body.ts';
import { edgeFailure, refuse, Refusal } from '../middleware/refusal.ts';
import { sendFailure, sendText } from '../middleware/reply.ts';
import { answerHeaders, fallbackErrors } from './answer-headers.ts';
import { takeExtras } from './chat-extras.ts';
import type { Exchange } from './exchange.ts';
import { idempotencyKeyOf } from './idempotency-key.ts';
import { wantsAsync } from './respond-async.ts';
import { webhookUrlOf } from './webhook-url.ts';

export type Asked = {
  readonly kind: Kind;
  readonly body: unknown;
  /** As in LiteLLM, the model in the path wins over the one in the body. */
  readonly pathModel: string | undefined;
  /** The schema of the endpoint. */
  readonly parse: (body: Record<string, unknown>) => { readonly request: Body } | { readonly refused: Failure };
};

/** Throws a {@link Refusal}: what is begun now would not be finished here. */
export function refuseWhileDraining({ deps }: Exchange): void {
  if (deps.draining()) refuse('shutting_down', 'This process is shutting down; send the request again.');
}

/** The body of a request that starts work. Throws a {@link Refusal}, or what `read` throws. */
export async function readCall(
  exchange: Exchange,
  read: (exchange: Exchange, maxBytes: number) => Promise<unknown> = readJson,
): Promise<unknown> {
  refuseWhileDraining(exchange);
  return read(exchange, exchange.deps.config().holdfast.maxBodyBytes);
}

/** Throws a {@link Refusal} that names what is wrong. */
export function toSubmission(exchange: Exchange, caller: Caller, { kind, body, pathModel, parse }: Asked): Submission {
  const { headers } = exchange.req;
  const idempotencyKey = idempotencyKeyOf(headers['idempotency-key']);
  if (!isObject(body)) return refuse('invalid_request', 'The request body must be a JSON object.');
  const webhookUrl = webhookUrlOf(exchange);
  const extras = takeExtras(pathModel === undefined ? body : { ...body, model: pathModel }, headers);
  const parsed = parse(extras.body);
  if ('refused' in parsed) throw new Refusal(parsed.refused);
  const config = exchange.deps.config();
  const asked = String(parsed.request['model']);
  const model = resolveAlias(caller, asked);
  const request = model === asked ? parsed.request : { ...parsed.request, model };
  requireModel(config, caller, model, 'model');
  for (const [field, names] of Object.entries({
    fallbacks: extras.wishes.fallbacks,
    context_window_fallbacks: extras.wishes.contextWindowFallbacks,
    content_policy_fallbacks: extras.wishes.contentPolicyFallbacks,
  })) {
    names?.forEach((name, index) => {
      requireModel(config, caller, name, `${field}[${index}]`);
    });
  }
  const overrides = toOverrides(extras, parse, matcherOf(config));
  return {
    id: exchange.id,
    caller,
    kind,
    body: request,
    model,
    streaming: request['stream'] === true,
    ...(typeof request['user'] === 'string' ? { endUser: request['user'] } : {}),
    wishes: extras.wishes,
    ...(overrides === undefined ? {} : { overrides }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(webhookUrl === undefined ? {} : { webhookUrl }),
    ...(wantsAsync(exchange) ? { inBackground: true } : {}),
  };
}

/** Whole bodies, each as valid as the one it stands in for; by the group that they are for, which an alias names, too. */
function toOverrides(
  { body, overrides }: ReturnType<typeof takeExtras>,
  parse: Asked['parse'],
  models: Matcher,
): Submission['overrides'] {
  if (overrides.length === 0) return undefined;
  const found = Object.create(null) as Record<string, Body>;
  for (const { model, changes, param } of overrides) {
    const parsed = parse({ ...body, ...changes, model, stream: body['stream'] });
    if ('refused' in parsed) throw new Refusal({ ...parsed.refused, param });
    found[models.find(model)?.group ?? model] = parsed.request;
  }
  return found;
}

function requireModel(config: Config, caller: Caller, model: string, param: string): void {
  requireModelAccess(config, caller, model, param);
  const models = matcherOf(config);
  if (models.find(model) !== undefined) return;
  const shown = model.slice(0, 200);
  const nearest = isLimited(caller) ? undefined : models.nearest(shown);
  const hint = nearest === undefined ? '' : ` Did you mean \`${nearest}\`?`;
  throw new Refusal(
    edgeFailure(
      'model_not_found',
      `The model \`${shown}\` does not exist or you do not have access to it.${hint}`,
      param,
    ),
  );
}

/** Writes an answer that is no failure; `json` is what the ledger holds. */
export type SendAnswer = (exchange: Exchange, json: string, headers: ReturnType<typeof answerHeaders>) => void;

const sendAsJson: SendAnswer = (exchange, json, headers) => {
  headers['content-type'] = 'application/json';
  sendText(exchange, 200, json, headers);
};

const NOT_TO_REPEAT: ReadonlySet<string> = new Set(['outcome_unknown', 'shutting_down']);

export async function answerWhole(
  exchange: Exchange,
  caller: Caller,
  accepted: Accepted,
  send: SendAnswer = sendAsJson,
): Promise<void> {
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
  if (accepted.tellsFallbackErrors === true && answer.provenance.fallbacks > 0) {
    const errors = await fallbackErrors(exchange, caller, accepted.id);
    if (errors !== undefined) headers['x-litellm-fallback-errors'] = errors;
  }
  // An accepted request goes on, or must not be repeated: official clients would send it again, without its key.
  if (answer.kind === 'failed' && NOT_TO_REPEAT.has(answer.failure.code)) headers['x-should-retry'] = 'false';
  if (answer.kind === 'failed') sendFailure(exchange, answer.failure, headers);
  else send(exchange, answer.json, headers);
}

/** Only where the operator wants it; a replay's reader does not own the request that it watches. */
export function cancelAbandoned({ deps, id }: Exchange, caller: Caller, accepted: Accepted): void {
  if (accepted.replayed) return;
  deps.requests.cancel(accepted.id, caller).catch((error: unknown) => {
    deps.log.warn({ request_id: id, err: error }, 'an abandoned request could not be cancelled');
  });
}
