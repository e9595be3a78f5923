/** Makes the handler of an endpoint that is answered whole: read, parse, accept, answer. */
import type { z } from 'zod';
import type { Body } from '../../providers/dialects/dialect.ts';
import type { Kind } from '../../providers/kinds.ts';
import { toInvalidRequest } from '../../providers/protocol/problem.ts';
import { refuse } from '../middleware/refusal.ts';
import { sendFailure } from '../middleware/reply.ts';
import type { Exchange, Handler } from './exchange.ts';
import { pathOf } from './params.ts';
import { answerAccepted } from './respond-async.ts';
import { answerWhole, readCall, toSubmission, type SendAnswer } from './submission.ts';

export type PlainRoute = {
  readonly kind: Kind;
  readonly schema: z.ZodType<Record<string, unknown>>;
  /** Reads the body where it is not JSON. */
  readonly read?: (exchange: Exchange, maxBytes: number) => Promise<unknown>;
  /** Writes the answer where it is not JSON. */
  readonly send?: SendAnswer;
};

export function plainRoute({ kind, schema, read, send }: PlainRoute): Handler {
  return async (exchange, caller, params) => {
    const { deps } = exchange;
    const body = await readCall(exchange, read);
    const submission = toSubmission(exchange, caller, {
      kind,
      body,
      pathModel: pathOf(params['model']),
      parse: (given) => parseBody(schema, given),
    });
    if (submission.streaming)
      refuse('unsupported_parameter', 'This endpoint does not stream: leave out stream.', 'stream');
    const accepted = await deps.dispatch.submit(submission);
    if ('refused' in accepted) sendFailure(exchange, accepted.refused);
    else if (submission.inBackground === true) await answerAccepted(exchange, caller, accepted);
    else await answerWhole(exchange, caller, accepted, send);
  };
}

function parseBody(schema: PlainRoute['schema'], body: Body): ReturnType<Parameters<typeof toSubmission>[2]['parse']> {
  const result = schema.safeParse(body);
  if (result.success) return { request: result.data };
  return { refused: toInvalidRequest(result.error, body) };
}
