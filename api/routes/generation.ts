/** `POST /v1beta/models/{model}:generateContent` and its kin: Google's API in front of every chat provider. */
import { matcherOf } from '../../activities/config/match.ts';
import { parseGeneration } from '../../providers/dialects/generation-schema.ts';
import type { Caller, Submission } from '../dispatch.ts';
import { refuse } from '../middleware/refusal.ts';
import { GENERATION_EVENTS, GENERATION_LIST } from '../stream/words.ts';
import { answer } from './answer.ts';
import type { Exchange, Params } from './exchange.ts';
import { pathOf } from './params.ts';
import { passCall } from './pass-through.ts';
import { readCall, refuseWhileDraining, toSubmission } from './submission.ts';

export async function generation(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  refuseWhileDraining(exchange);
  const { model, method } = callOf(pathOf(params['call']) ?? '');
  switch (method) {
    case 'generateContent':
    case 'streamGenerateContent': {
      const body = await readCall(exchange);
      const streaming = method === 'streamGenerateContent';
      const submission = submissionOf(exchange, caller, { body, model, streaming });
      await answer(exchange, caller, submission, isEvents(exchange) ? GENERATION_EVENTS : GENERATION_LIST);
      return;
    }
    case 'countTokens':
      await countTokens(exchange, caller, model);
      return;
    default:
      refuse('not_found', `Invalid URL: models have no method ${method.slice(0, 100)}.`);
  }
}

/** A model's name may hold colons itself. */
function callOf(call: string): { readonly model: string; readonly method: string } {
  const at = call.lastIndexOf(':');
  if (at <= 0) return refuse('not_found', 'Invalid URL: a method such as :generateContent is missing.');
  return { model: call.slice(0, at), method: call.slice(at + 1) };
}

/** Google's default is a list; `?alt=sse` asks for events. */
function isEvents({ req }: Exchange): boolean {
  const url = req.url ?? '';
  const at = url.indexOf('?');
  return at !== -1 && new URLSearchParams(url.slice(at)).get('alt') === 'sse';
}

type Asked = { readonly body: unknown; readonly model: string; readonly streaming: boolean };

function submissionOf(exchange: Exchange, caller: Caller, { body, model, streaming }: Asked): Submission {
  return toSubmission(exchange, caller, {
    kind: 'generation',
    body,
    pathModel: model,
    parse: (given) => {
      // How it is answered is said in the URL; the ledger keeps it with the body, for whoever makes the next attempt.
      const { stream: _field, ...rest } = given;
      return parseGeneration(streaming ? { ...rest, stream: true } : rest);
    },
  });
}

/** Only Google can count what Google charges. */
async function countTokens(exchange: Exchange, caller: Caller, model: string): Promise<void> {
  const found = matcherOf(exchange.deps.config()).find(model);
  if (found === undefined)
    return refuse('model_not_found', `The model \`${model.slice(0, 200)}\` does not exist.`, 'model');
  const deployment = found.deployments.find(({ provider }) => provider === 'gemini');
  if (deployment === undefined)
    return refuse('unsupported_parameter', 'Tokens can be counted for models of Google AI Studio only.', 'model');
  const name = deployment.model.replace(/^models\//, '');
  await passCall(exchange, caller, {
    deployment,
    method: 'POST',
    rest: `v1beta/models/${encodeURIComponent(name)}:countTokens`,
    provider: deployment.provider,
  });
}
