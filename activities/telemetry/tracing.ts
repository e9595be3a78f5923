/** A span for each provider call, by OpenTelemetry's names for generative AI. Costs nothing unless the process loads an SDK (`node --import`). */
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ErrorCode } from '../../providers/protocol/errors.ts';
import type { Usage } from '../../providers/protocol/usage.ts';

const tracer = trace.getTracer('holdfast');

export type CallSpan = { end(outcome: { readonly usage?: Usage; readonly error?: ErrorCode }): void };

export function startCallSpan(call: {
  readonly id: string;
  readonly n: number;
  readonly kind: string;
  readonly provider: string;
  readonly model: string;
}): CallSpan {
  const span = tracer.startSpan(`${call.kind} ${call.model}`, {
    kind: SpanKind.CLIENT,
    attributes: {
      'gen_ai.operation.name': call.kind,
      'gen_ai.provider.name': call.provider,
      'gen_ai.request.model': call.model,
      'holdfast.request.id': call.id,
      'holdfast.attempt': call.n,
    },
  });
  return {
    end: ({ usage, error }) => {
      if (usage !== undefined) {
        span.setAttribute('gen_ai.usage.input_tokens', usage.prompt_tokens);
        span.setAttribute('gen_ai.usage.output_tokens', usage.completion_tokens);
      }
      if (error !== undefined) {
        span.setAttribute('error.type', error);
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    },
  };
}
