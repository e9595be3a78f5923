/** What a well-behaved Gemini says: generateContent's answers as JSON and as stream events, without I/O. */
import { pieces } from './upstream-asked.ts';
import type { Answer, Asked } from './upstream-asked.ts';
import type { Script, ScriptedUsage } from './upstream-script.ts';

const FINISH = { stop: 'STOP', length: 'MAX_TOKENS', tool_calls: 'STOP', content_filter: 'SAFETY' } as const;

/** Reads a call's path: `/v1beta/models/<model>:generateContent`. */
export function googleCall(path: string): { readonly model: string; readonly streaming: boolean } | undefined {
  const [, model, method] = /\/models\/([^/:]+):(generateContent|streamGenerateContent)(\?|$)/.exec(path) ?? [];
  return model === undefined ? undefined : { model, streaming: method === 'streamGenerateContent' };
}

function usageOf(usage: ScriptedUsage): object {
  const thoughts = usage.reasoningTokens ?? 0;
  return {
    promptTokenCount: usage.promptTokens,
    // What was thought is counted beside the answer, not within it.
    candidatesTokenCount: usage.completionTokens - thoughts,
    totalTokenCount: usage.promptTokens + usage.completionTokens,
    ...(thoughts === 0 ? {} : { thoughtsTokenCount: thoughts }),
    ...(usage.cachedTokens === undefined ? {} : { cachedContentTokenCount: usage.cachedTokens }),
  };
}

function callParts(script: Script): object[] {
  return (script.toolCalls ?? []).map((call, index) => ({
    functionCall: { name: call.name, args: JSON.parse(call.arguments) as unknown },
    // Only the first of parallel calls is signed.
    ...(index === 0 ? { thoughtSignature: 'c2ln' } : {}),
  }));
}

function frame(asked: Asked, script: Script, answer: Answer, parts: readonly object[], ends: boolean): object {
  const candidate = {
    content: { role: 'model', parts },
    index: 0,
    ...(ends ? { finishReason: FINISH[script.finishReason ?? 'stop'] } : {}),
  };
  return {
    candidates: [candidate],
    ...(script.usage === null ? {} : { usageMetadata: usageOf(answer.usage) }),
    modelVersion: asked.model,
    responseId: `resp-${asked.n}`,
  };
}

function thoughts(script: Script): object[] {
  return script.reasoning === undefined ? [] : [{ text: script.reasoning, thought: true }];
}

export function googleAnswer(asked: Asked, script: Script, answer: Answer): string {
  const text = answer.text === '' ? [] : [{ text: answer.text }];
  return JSON.stringify(frame(asked, script, answer, [...thoughts(script), ...text, ...callParts(script)], true));
}

export function googleEvents(asked: Asked, script: Script, answer: Answer): string[] {
  const groups = [
    ...thoughts(script).map((part) => [part]),
    ...pieces(answer.text, script.chunks ?? 8).map((text) => [{ text }]),
    ...callParts(script).map((part) => [part]),
    [{ text: '' }],
  ];
  return groups.map(
    (parts, index) =>
      `data: ${JSON.stringify(frame(asked, script, answer, parts, index === groups.length - 1))}\r\n\r\n`,
  );
}

export function googleError(status: number, message: string): object {
  return { error: { code: status, message, status: status === 429 ? 'RESOURCE_EXHAUSTED' : 'UNKNOWN' } };
}
