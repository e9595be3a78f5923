/** What came of a line, as a line of a results file: OpenAI's shape, or Anthropic's. */
import { messageError } from '../../providers/dialects/message-error.ts';
import { rowOf, type Failure } from '../../providers/protocol/errors.ts';
import { parseFailure } from '../ledger-view.ts';
import type { BatchDialect, BatchEnd } from '../store/batches.ts';
import type { LineResult } from '../store/batch-lines.ts';

export type Outcome = 'completed' | 'failed' | 'cancelled' | 'expired';

export type ResultLine = { readonly outcome: Outcome; readonly text: string };

type Unasked = Extract<BatchEnd, 'expired' | 'cancelled'>;

const UNASKED: Readonly<Record<Unasked, { readonly code: string; readonly message: string }>> = {
  expired: {
    code: 'batch_expired',
    message: 'This request could not be executed before the completion window expired.',
  },
  cancelled: { code: 'batch_cancelled', message: 'This request was not executed: the batch was cancelled.' },
};

/** `end` is what became of the batch: a line that was cut off by it shares its fate. */
export function toResultLine(line: LineResult, dialect: BatchDialect, end: BatchEnd): ResultLine {
  const outcome = outcomeOf(line, end);
  return { outcome, text: dialect === 'openai' ? openaiLine(line, outcome) : anthropicLine(line, outcome) };
}

function outcomeOf({ state }: LineResult, end: BatchEnd): Outcome {
  if (state === 'completed') return 'completed';
  if (state === 'failed' || state === 'outcome_unknown') return 'failed';
  return end === 'expired' ? 'expired' : 'cancelled';
}

function openaiLine(line: LineResult, outcome: Outcome): string {
  const head = { id: line.requestId.replace(/^req_/, 'batch_req_'), custom_id: line.customId };
  if (outcome === 'completed') {
    // The answer as the very bytes that the ledger holds.
    const start = JSON.stringify(head).slice(0, -1);
    const response = `{"status_code":200,"request_id":${JSON.stringify(line.requestId)},"body":${line.response ?? 'null'}}`;
    return `${start},"response":${response},"error":null}`;
  }
  if (outcome !== 'failed') return JSON.stringify({ ...head, response: null, error: UNASKED[outcome] });
  const failure = parseFailure(line.error);
  return JSON.stringify({
    ...head,
    response: { status_code: rowOf(failure).status, request_id: line.requestId, body: { error: errorOf(failure) } },
    error: null,
  });
}

function errorOf(failure: Failure): object {
  return {
    message: failure.message,
    type: rowOf(failure).type,
    param: failure.param ?? null,
    code: failure.code,
  };
}

function anthropicLine(line: LineResult, outcome: Outcome): string {
  const start = `{"custom_id":${JSON.stringify(line.customId)},"result":`;
  if (outcome === 'completed') return `${start}{"type":"succeeded","message":${line.response ?? 'null'}}}`;
  if (outcome === 'failed') {
    const error = messageError(parseFailure(line.error), line.requestId);
    return `${start}${JSON.stringify({ type: 'errored', error })}}`;
  }
  return `${start}{"type":"${outcome === 'expired' ? 'expired' : 'canceled'}"}}`;
}
