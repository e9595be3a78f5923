/** Answers of providers that only complete a text: whole ones, and whole ones for callers who asked for a stream. */
import type { ChatRequest, ChatResponse, FinishReason } from './chat.ts';
import { completeStep, failedStep, toChunks, usageChunks } from './chunks.ts';
import { invalidResponse } from './failure.ts';
import { parseJson } from './json.ts';
import type { Objection } from './parameters.ts';
import type { Usage } from './usage.ts';
import { InvalidResponse, type ChatTranslation, type Decoder, type Target } from '../provider.ts';

export type Text = {
  readonly texts: readonly string[];
  readonly finish?: FinishReason;
  readonly usage?: Usage | undefined;
};

export function textResponse({ texts, finish = 'stop', usage }: Text, target: Target): ChatResponse {
  return {
    id: target.id,
    object: 'chat.completion',
    created: target.created,
    model: target.model,
    choices: texts.map((content, index) => ({
      index,
      message: { role: 'assistant', content },
      finish_reason: finish,
    })),
    ...(usage === undefined ? {} : { usage }),
  };
}

/** For providers that name all they take. */
export function onlyThese(...names: readonly string[]): (name: string) => Objection | undefined {
  const known: ReadonlySet<string> = new Set([...names, 'stream']);
  return (name) => (known.has(name) ? undefined : { param: name });
}

/**
 * A provider without streams: the body, which arrives by lines, is kept until it ends and given in one piece. To be used with the
 * framing `json-lines`.
 */
export function wholeAsStream(title: string, read: ChatTranslation['fromResponse']): ChatTranslation['decoder'] {
  return (request, target) => collecting('', { title, read, request, target });
}

type Whole = {
  readonly title: string;
  readonly read: ChatTranslation['fromResponse'];
  readonly request: ChatRequest;
  readonly target: Target;
};

function collecting(before: string, whole: Whole): Decoder {
  return (event) => {
    if (event.kind === 'event') return { chunks: [], next: collecting(`${before}${event.data}\n`, whole) };
    const { title, read, request, target } = whole;
    try {
      const { choices, usage } = read(parseJson(before), request, target);
      const stamp = { id: target.id, created: target.created, model: target.model };
      const deltas = choices.map(({ message }) => ({ content: message.content ?? '' }));
      const finish = choices[0]?.finish_reason ?? 'stop';
      return completeStep([
        ...toChunks(stamp, deltas.slice(0, 1), { opened: false, finish }),
        ...usageChunks(stamp, usage),
      ]);
    } catch (error) {
      if (!(error instanceof InvalidResponse)) throw error;
      return failedStep(error.failure ?? invalidResponse(`${title}: ${error.message}`));
    }
  };
}
