/** Where the text, its end and its counts lie in an answer of the older families, whole or in pieces. No two families share a name. */
import { tokenCount } from '../../protocol/count.ts';
import { isObject, listOf, textOf, type JsonObject } from '../../protocol/json.ts';
import { parseUsage } from '../../protocol/usage-parse.ts';
import type { Usage } from '../../protocol/usage.ts';

export type TextAnswer = {
  readonly text: string | undefined;
  /** The family's own word. */
  readonly finish: string | undefined;
  readonly usage: Usage | undefined;
};

function firstOf(list: unknown): JsonObject {
  const [first] = listOf(list);
  return isObject(first) ? first : {};
}

function firstString(...values: readonly unknown[]): string | undefined {
  return values.find((value) => typeof value === 'string');
}

function counted(input: unknown, output: unknown): Usage | undefined {
  const prompt = tokenCount(input);
  const completion = tokenCount(output);
  if (prompt === undefined || completion === undefined) return undefined;
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

export function readText(body: JsonObject): TextAnswer {
  // Mistral, Titan, Command, DeepSeek; Llama, Titan's stream and Cohere's chat have it at the top.
  const inner = [body['outputs'], body['results'], body['generations'], body['choices']].map(firstOf);
  const places = [body, ...inner];
  const text = firstString(
    body['generation'],
    ...places.flatMap((place) => [place['outputText'], place['text'], place['completion']]),
  );
  const finish = places
    .flatMap((place) => [place['stop_reason'], place['completionReason'], place['finish_reason']])
    .map(textOf)
    .find((word) => word !== undefined);
  const result = firstOf(body['results']);
  return {
    text,
    finish,
    usage:
      counted(body['prompt_token_count'], body['generation_token_count']) ??
      counted(body['inputTextTokenCount'], result['tokenCount'] ?? body['totalOutputTextTokenCount']) ??
      parseUsage(body['usage']),
  };
}
