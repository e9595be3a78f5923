/** Anthropic takes fewer characters in tool names than OpenAI's clients send; names are changed on the way in and back on the way out. */
import type { ChatRequest } from '../protocol/chat.ts';

const ALLOWED = /^[a-zA-Z0-9_-]{1,128}$/;
const LONGEST = 128;

export type ToolNames = {
  readonly toWire: (name: string) => string;
  readonly fromWire: (name: string) => string;
};

const UNCHANGED: ToolNames = { toWire: (name) => name, fromWire: (name) => name };

function* namesIn(request: ChatRequest): Generator<string> {
  for (const tool of request.tools ?? []) if (tool.function !== undefined) yield tool.function.name;
  for (const message of request.messages) {
    for (const call of message.tool_calls ?? []) yield call.function.name;
    if (message.function_call) yield message.function_call.name;
  }
}

/** The same request always gives the same names, so that request and answer need not share state. */
export function toolNamesOf(request: ChatRequest): ToolNames {
  const names = new Set<string>();
  let changes = false;
  for (const name of namesIn(request)) {
    names.add(name);
    changes ||= !ALLOWED.test(name);
  }
  if (!changes) return UNCHANGED;
  const forth = new Map<string, string>();
  const back = new Map<string, string>();
  // Names that may stay take theirs first, so that no changed name can push them aside.
  for (const name of names) if (ALLOWED.test(name)) back.set(name, name);
  for (const name of names) {
    if (ALLOWED.test(name)) continue;
    const plain = name.replaceAll(/[^a-zA-Z0-9_-]/g, '_').slice(0, LONGEST) || '_';
    let wire = plain;
    for (let n = 2; back.has(wire); n += 1) {
      const suffix = `_${n}`;
      wire = `${plain.slice(0, LONGEST - suffix.length)}${suffix}`;
    }
    forth.set(name, wire);
    back.set(wire, name);
  }
  return { toWire: (name) => forth.get(name) ?? name, fromWire: (name) => back.get(name) ?? name };
}

/** Ids of tool calls have the same alphabet. Both ends of a call are changed alike, so they still meet. */
export function toToolUseId(id: string): string {
  return id.replaceAll(/[^a-zA-Z0-9_-]/g, '_');
}
