/** Google's stream as it passes: every piece unchanged but for the model's name, and folded into the whole answer beside it. */
import { isObject, listOf, parseJson, type JsonObject } from '../protocol/json.ts';
import type { NativeStream } from '../provider.ts';

type Parts = Record<string, unknown>[];

/** Fields in which one text may go on where another stopped. */
const TEXT_FIELDS: ReadonlySet<string> = new Set(['text', 'thought']);

function isPlainText(part: JsonObject): boolean {
  return typeof part['text'] === 'string' && Object.keys(part).every((field) => TEXT_FIELDS.has(field));
}

function addPart(parts: Parts, part: JsonObject): void {
  const last = parts.at(-1);
  if (last !== undefined && isPlainText(last) && isPlainText(part) && last['thought'] === part['thought'])
    last['text'] = String(last['text']) + String(part['text']);
  else if (Object.keys(part).length > 0 && !(isPlainText(part) && part['text'] === '')) parts.push({ ...part });
}

type Whole = {
  head: JsonObject;
  readonly candidates: Map<unknown, { fields: JsonObject; content: JsonObject; readonly parts: Parts }>;
};

function add(whole: Whole, frame: JsonObject): void {
  const { candidates, ...head } = frame;
  whole.head = { ...whole.head, ...head };
  listOf(candidates).forEach((candidate, position) => {
    if (!isObject(candidate)) return;
    const { content, ...fields } = candidate;
    const index = candidate['index'] ?? position;
    const known = whole.candidates.get(index) ?? { fields: {}, content: {}, parts: [] };
    whole.candidates.set(index, known);
    known.fields = { ...known.fields, ...fields };
    if (!isObject(content)) return;
    const { parts, ...rest } = content;
    known.content = { ...known.content, ...rest };
    for (const part of listOf(parts)) if (isObject(part)) addPart(known.parts, part);
  });
}

/** Says that it ends, and nothing before it does: what comes after waits with it until the answer is kept. */
function ends(frame: JsonObject): boolean {
  return (
    listOf(frame['candidates']).some(
      (candidate) => isObject(candidate) && typeof candidate['finishReason'] === 'string',
    ) || isObject(frame['promptFeedback'])
  );
}

export function createGenerationStream(model: string): NativeStream {
  const whole: Whole = { head: {}, candidates: new Map() };
  const held: string[] = [];
  return {
    pass: ({ data }) => {
      const frame = parseJson(data);
      if (!isObject(frame)) return [];
      const named = { ...frame, modelVersion: model };
      add(whole, named);
      const text = JSON.stringify(named);
      if (held.length === 0 && !ends(frame)) return [text];
      held.push(text);
      return [];
    },
    rest: () => held,
    answer: () => ({
      candidates: [...whole.candidates.values()].map(({ fields, content, parts }) => ({
        content: { ...content, parts },
        ...fields,
      })),
      ...whole.head,
    }),
  };
}
