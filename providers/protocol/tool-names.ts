/** Some providers take fewer characters in tool names than OpenAI's clients send; names are changed on the way in and back on the way out. */
import type { ChatRequest } from './chat.ts';
import { isObject } from './json.ts';

export type ToolNames = {
  readonly toWire: (name: string) => string;
  readonly fromWire: (name: string) => string;
};

export type ToolNameRule = {
  /** What passes unchanged. */
  readonly allowed: RegExp;
  /** Every character that does not, with the flag `g`. */
  readonly foreign: RegExp;
  readonly longest: number;
  /** Put before a name that still is not allowed without it. */
  readonly prefix?: string;
};

const UNCHANGED: ToolNames = { toWire: (name) => name, fromWire: (name) => name };

function* namesIn(request: ChatRequest): Generator<string> {
  for (const tool of request.tools ?? []) if (tool.function !== undefined) yield tool.function.name;
  for (const message of request.messages) {
    // A call of a custom tool has no function.
    for (const call of message.tool_calls ?? []) if (isObject(call.function)) yield call.function.name;
    if (message.function_call) yield message.function_call.name;
  }
}

function plainName(name: string, { allowed, foreign, longest, prefix = '' }: ToolNameRule): string {
  const plain = name.replaceAll(foreign, '_').slice(0, longest) || '_';
  return allowed.test(plain) ? plain : `${prefix}${plain}`.slice(0, longest);
}

/** The same request always gives the same names, so that request and answer need not share state. */
export function toolNamesFor(request: ChatRequest, rule: ToolNameRule): ToolNames {
  const names = new Set<string>();
  let changes = false;
  for (const name of namesIn(request)) {
    names.add(name);
    changes ||= !rule.allowed.test(name);
  }
  if (!changes) return UNCHANGED;
  const forth = new Map<string, string>();
  const back = new Map<string, string>();
  // Names that may stay take theirs first, so that no changed name can push them aside.
  for (const name of names) if (rule.allowed.test(name)) back.set(name, name);
  for (const name of names) {
    if (rule.allowed.test(name)) continue;
    const plain = plainName(name, rule);
    let wire = plain;
    for (let n = 2; back.has(wire); n += 1) {
      const suffix = `_${n}`;
      wire = `${plain.slice(0, rule.longest - suffix.length)}${suffix}`;
    }
    forth.set(name, wire);
    back.set(wire, name);
  }
  return { toWire: (name) => forth.get(name) ?? name, fromWire: (name) => back.get(name) ?? name };
}
