/** What a well-behaved Bedrock says: Converse's answers as JSON and as binary stream events, without I/O. */
import { eventMessage } from '../activities/http/amazon-frames.ts';
import { idOf, pieces } from './upstream-asked.ts';
import type { Answer, Asked } from './upstream-asked.ts';
import type { Script, ScriptedUsage } from './upstream-script.ts';

const STOP_REASON = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'content_filtered',
} as const;

/** Reads a call's path: `/model/<model>/converse`. */
export function amazonCall(path: string): { readonly model: string; readonly streaming: boolean } | undefined {
  const [, model, method] = /^\/model\/([^/]+)\/(converse|converse-stream)$/.exec(path) ?? [];
  return model === undefined
    ? undefined
    : { model: decodeURIComponent(model), streaming: method === 'converse-stream' };
}

function usageOf(usage: ScriptedUsage): object {
  const cached = usage.cachedTokens ?? 0;
  return {
    inputTokens: usage.promptTokens - cached,
    outputTokens: usage.completionTokens,
    totalTokens: usage.promptTokens + usage.completionTokens,
    cacheReadInputTokens: cached,
  };
}

function stopOf(script: Script): string {
  return STOP_REASON[script.finishReason ?? ((script.toolCalls ?? []).length > 0 ? 'tool_calls' : 'stop')];
}

export function amazonAnswer(asked: Asked, script: Script, answer: Answer): string {
  const content = [
    ...(script.reasoning === undefined
      ? []
      : [{ reasoningContent: { reasoningText: { text: script.reasoning, signature: 'c2ln' } } }]),
    ...(answer.text === '' ? [] : [{ text: answer.text }]),
    ...(script.toolCalls ?? []).map((call, index) => ({
      toolUse: { toolUseId: idOf(call, index, asked), name: call.name, input: JSON.parse(call.arguments) as unknown },
    })),
  ];
  return JSON.stringify({
    metrics: { latencyMs: 1 },
    output: { message: { role: 'assistant', content } },
    stopReason: stopOf(script),
    ...(script.usage === null ? {} : { usage: usageOf(answer.usage) }),
  });
}

export function amazonEvents(asked: Asked, script: Script, answer: Answer): Buffer[] {
  const event = (name: string, payload: object): Buffer => eventMessage(name, JSON.stringify(payload));
  const events = [event('messageStart', { role: 'assistant' })];
  let contentBlockIndex = 0;
  const block = (deltas: readonly object[], start?: object): void => {
    if (start !== undefined) events.push(event('contentBlockStart', { contentBlockIndex, start }));
    for (const delta of deltas) events.push(event('contentBlockDelta', { contentBlockIndex, delta }));
    events.push(event('contentBlockStop', { contentBlockIndex }));
    contentBlockIndex += 1;
  };
  if (script.reasoning !== undefined)
    block([{ reasoningContent: { text: script.reasoning } }, { reasoningContent: { signature: 'c2ln' } }]);
  if (answer.text !== '') block(pieces(answer.text, script.chunks ?? 8).map((text) => ({ text })));
  for (const [at, call] of (script.toolCalls ?? []).entries())
    block(
      pieces(call.arguments, 3).map((input) => ({ toolUse: { input } })),
      { toolUse: { toolUseId: idOf(call, at, asked), name: call.name } },
    );
  events.push(event('messageStop', { stopReason: stopOf(script) }));
  if (script.usage !== null)
    events.push(event('metadata', { usage: usageOf(answer.usage), metrics: { latencyMs: 1 } }));
  return events;
}
