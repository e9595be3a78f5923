/** A whole response of the Responses API as the events it might have come in. */
import { isObject, listOf, type JsonObject } from '../protocol/json.ts';

type Event = { readonly type: string } & JsonObject;

export function replayResponse(answer: JsonObject): readonly string[] {
  const begun = { ...answer, status: 'in_progress', output: [], usage: null, incomplete_details: null };
  const events: readonly Event[] = [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    ...listOf(answer['output']).filter(isObject).flatMap(replayItem),
    { type: answer['status'] === 'incomplete' ? 'response.incomplete' : 'response.completed', response: answer },
  ];
  return events.map(({ type, ...rest }, sequence) => JSON.stringify({ type, sequence_number: sequence, ...rest }));
}

function replayItem(item: JsonObject, index: number): readonly Event[] {
  const at = { item_id: item['id'], output_index: index };
  return [
    { type: 'response.output_item.added', output_index: index, item: announced(item) },
    ...fillingOf(item, at),
    { type: 'response.output_item.done', output_index: index, item },
  ];
}

function announced(item: JsonObject): JsonObject {
  switch (item['type']) {
    case 'message':
      return { ...item, status: 'in_progress', content: [] };
    case 'function_call':
      return { ...item, status: 'in_progress', arguments: '' };
    case 'reasoning':
      return { ...item, summary: [] };
    default:
      return item;
  }
}

function fillingOf(item: JsonObject, at: JsonObject): readonly Event[] {
  switch (item['type']) {
    case 'message':
      return listOf(item['content'])
        .filter(isObject)
        .flatMap((part, place) => replayPart(part, { ...at, content_index: place }));
    case 'function_call':
      return [
        { type: 'response.function_call_arguments.delta', ...at, delta: item['arguments'] },
        { type: 'response.function_call_arguments.done', ...at, name: item['name'], arguments: item['arguments'] },
      ];
    case 'reasoning':
      return listOf(item['summary'])
        .filter(isObject)
        .flatMap((part, place) => replaySummary(part, { ...at, summary_index: place }));
    default:
      return [];
  }
}

function replayPart(part: JsonObject, at: JsonObject): readonly Event[] {
  const { text, refusal, logprobs = [] } = part;
  const added = { type: 'response.content_part.added', ...at };
  const done = { type: 'response.content_part.done', ...at, part };
  if (part['type'] === 'refusal')
    return [
      { ...added, part: { ...part, refusal: '' } },
      { type: 'response.refusal.delta', ...at, delta: refusal },
      { type: 'response.refusal.done', ...at, refusal },
      done,
    ];
  return [
    { ...added, part: { ...part, text: '', logprobs: [] } },
    { type: 'response.output_text.delta', ...at, delta: text, logprobs },
    { type: 'response.output_text.done', ...at, text, logprobs },
    done,
  ];
}

function replaySummary(part: JsonObject, at: JsonObject): readonly Event[] {
  const { text } = part;
  return [
    { type: 'response.reasoning_summary_part.added', ...at, part: { ...part, text: '' } },
    { type: 'response.reasoning_summary_text.delta', ...at, delta: text },
    { type: 'response.reasoning_summary_text.done', ...at, text },
    { type: 'response.reasoning_summary_part.done', ...at, part },
  ];
}
