/** `/{door}/{rest}`: a provider's own API with the gateway's keys, carried and accounted for like every request. */
import { doorId, findEndpoint } from '../../activities/config/pass-through.ts';
import type { Deployment } from '../../activities/config/config.ts';
import { contentOf } from '../../activities/passed-content.ts';
import { addressProblem } from '../../providers/dialects/passed-path.ts';
import { DOORS, type DoorName } from '../../providers/dialects/passed-doors.ts';
import { asksForStream, endpointOf, modelAsked } from '../../providers/dialects/passed-endpoints.ts';
import { passedHeaders } from '../../providers/dialects/passed-headers.ts';
import { isMethod, METHODS, type Method, type PassedCall } from '../../providers/dialects/passed.ts';
import { parseJson } from '../../providers/protocol/json.ts';
import type { Caller, Submission } from '../dispatch.ts';
import { mayCall, requireModelAccess } from '../access/models.ts';
import { readRaw } from '../middleware/body.ts';
import { refuse, Refusal } from '../middleware/refusal.ts';
import { sendFailure } from '../middleware/reply.ts';
import { createPassedSink, sendPassed } from '../stream/passed.ts';
import { attach } from './answer.ts';
import { answerHeaders } from './answer-headers.ts';
import type { Exchange, Handler } from './exchange.ts';
import { idempotencyKeyOf } from './idempotency-key.ts';
import { answerWhole, cancelAbandoned, refuseWhileDraining } from './submission.ts';
import { takeExtras } from './chat-extras.ts';

export function passThroughDoor(door: DoorName): Handler {
  const { prefixes, provider } = DOORS[door];
  return async (exchange, caller) => {
    const { passThrough } = exchange.deps.config();
    const rest = restOf(exchange.req.url ?? '', prefixes);
    const method = methodOf(exchange);
    const path = rest.split('?', 1)[0] ?? '';
    const endpoint = endpointOf(method, path);
    if (endpoint === undefined && !caller.operator && passThrough?.access !== 'all') {
      refuse(
        'permission_denied',
        `Behind /${prefixes[0]} this key may call endpoints that generate only; others reach the provider's whole account. The operator may allow them with holdfast.pass_through: all.`,
      );
    }
    const deployment = passThrough?.deployments.find(({ id }) => id === doorId(door));
    if (deployment === undefined) {
      return refuse(
        'not_found',
        `Nothing is configured behind /${prefixes[0]}: set the provider's key in the environment, or use_in_pass_through on one of its deployments.`,
      );
    }
    await passCall(exchange, caller, { deployment, method, rest: withoutKey(rest), provider });
  };
}

/** The operator's own endpoints: `general_settings.pass_through_endpoints`. */
export async function passThroughEndpoint(exchange: Exchange, caller: Caller): Promise<void> {
  const config = exchange.deps.config();
  const url = exchange.req.url ?? '';
  const at = url.indexOf('?');
  const found = findEndpoint(config, at === -1 ? url : url.slice(0, at));
  const deployment = config.passThrough?.deployments.find(({ id }) => id === found?.endpoint.id);
  if (found === undefined || deployment === undefined) return refuse('not_found', 'Invalid URL.');
  const method = methodOf(exchange, found.endpoint.methods);
  const rest = found.rest + (at === -1 ? '' : url.slice(at));
  await passCall(exchange, caller, { deployment, method, rest, provider: deployment.provider });
}

/** As the caller wrote it: the router's own reading has lost what was encoded how. */
function restOf(url: string, prefixes: readonly string[]): string {
  const prefix = prefixes.find((one) => url.startsWith(`/${one}/`)) ?? '';
  return url.slice(prefix.length + 2);
}

/** In Google's dialect the gateway's key may be in the query. */
function withoutKey(rest: string): string {
  const at = rest.indexOf('?');
  if (at === -1) return rest;
  const kept = rest
    .slice(at + 1)
    .split('&')
    .filter((pair) => !/^key(=|$)/.test(pair));
  return rest.slice(0, at) + (kept.length === 0 ? '' : `?${kept.join('&')}`);
}

function methodOf({ req }: Exchange, allowed: readonly string[] = METHODS): Method {
  const method = req.method ?? '';
  if (isMethod(method) && allowed.includes(method)) return method;
  return refuse('method_not_allowed', `Not allowed to ${method} on this URL.`);
}

export type Passing = {
  readonly deployment: Deployment;
  readonly method: Method;
  readonly rest: string;
  readonly provider: string;
};

/** A call of a provider's own API, whose answer goes to the caller as it is. */
export async function passCall(exchange: Exchange, caller: Caller, passing: Passing): Promise<void> {
  const { deps } = exchange;
  refuseWhileDraining(exchange);
  const problem = addressProblem(passing.rest);
  if (problem !== undefined) throw new Refusal(problem);
  const bytes = await readRaw(exchange, deps.config().holdfast.maxBodyBytes);
  const submission = toSubmission(exchange, caller, passing, bytes);
  const accepted = await deps.dispatch.submit(submission);
  if ('refused' in accepted) {
    sendFailure(exchange, accepted.refused);
    return;
  }
  // Whoever calls a provider itself and hangs up ends the call, whatever holds for other requests.
  const abandon = (): void => cancelAbandoned(exchange, caller, accepted);
  if (!submission.streaming) {
    exchange.res.on('close', () => {
      if (!exchange.res.writableEnded) abandon();
    });
    await answerWhole(exchange, caller, accepted, sendPassed);
    return;
  }
  attach(
    accepted,
    (onGone) =>
      createPassedSink({
        exchange,
        headers: (provenance) => answerHeaders(exchange, accepted, provenance),
        onGone,
      }),
    abandon,
  );
}

function toSubmission(exchange: Exchange, caller: Caller, passing: Passing, bytes: Buffer): Submission {
  const { deployment, method, rest, provider } = passing;
  const { headers } = exchange.req;
  const content = contentOf(bytes);
  const json = content.text === undefined ? undefined : parseJson(content.text);
  const path = rest.split('?', 1)[0] ?? '';
  const upstream = modelAsked(endpointOf(method, path), json);
  const model =
    upstream === undefined ? deployment.group : `${provider === '' ? deployment.group : provider}/${upstream}`;
  requirePassedModel(exchange, caller, model, upstream);
  const stream = asksForStream(path, json);
  const idempotencyKey = idempotencyKeyOf(headers['idempotency-key']);
  const call: PassedCall = { model, method, rest, headers: passedHeaders(headers), stream, ...content };
  const { wishes } = takeExtras({}, headers);
  return {
    id: exchange.id,
    caller,
    kind: 'passThrough',
    body: call,
    model,
    through: { deployment, upstream: upstream ?? '*' },
    streaming: stream,
    wishes,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
}

/** Behind a door a model has the provider's name for it; a key's list may say it with the provider before it or without. */
function requirePassedModel({ deps }: Exchange, caller: Caller, model: string, upstream: string | undefined): void {
  if (upstream !== undefined && mayCall(deps.config(), caller, upstream)) return;
  requireModelAccess(deps.config(), caller, model);
}
