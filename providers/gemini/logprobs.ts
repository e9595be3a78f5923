/** Google's log probabilities in OpenAI's shape. */
import { isObject, listOf, type JsonObject } from '../protocol/json.ts';

function entry(candidate: JsonObject) {
  const token = typeof candidate['token'] === 'string' ? candidate['token'] : '';
  const logprob = typeof candidate['logProbability'] === 'number' ? candidate['logProbability'] : -9999;
  return { token, logprob, bytes: [...new TextEncoder().encode(token)] };
}

export function toLogprobs(result: unknown): { readonly content: unknown[] } | undefined {
  if (!isObject(result)) return undefined;
  const tops = listOf(result['topCandidates']);
  const content = listOf(result['chosenCandidates']).flatMap((chosen, index) => {
    if (!isObject(chosen)) return [];
    const top = tops[index];
    const others = isObject(top) ? listOf(top['candidates']).filter(isObject) : [];
    return [{ ...entry(chosen), top_logprobs: others.map(entry) }];
  });
  return content.length === 0 ? undefined : { content };
}
