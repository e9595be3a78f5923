/** What a call to the scripted provider asked for, and what every wire format makes of it alike. */
import type { ScriptedToolCall, ScriptedUsage } from './upstream-script.ts';

export type Dialect = 'openai' | 'anthropic' | 'google' | 'amazon';

/** Of a call, what shapes its answer. */
export type Asked = {
  readonly n: number;
  readonly dialect: Dialect;
  readonly model: string;
  readonly streaming: boolean;
  readonly choices: number;
  readonly includeUsage: boolean;
  readonly lastUserText: string;
  readonly promptTokens: number;
};

export type Answer = { readonly text: string; readonly usage: ScriptedUsage };

/** Text cut into `count` pieces of about equal length, never inside a surrogate pair. */
export function pieces(text: string, count: number): string[] {
  const letters = Array.from(text);
  const size = Math.max(1, Math.ceil(letters.length / Math.max(1, count)));
  const cut: string[] = [];
  for (let at = 0; at < letters.length; at += size) cut.push(letters.slice(at, at + size).join(''));
  return cut;
}

export function idOf(call: ScriptedToolCall, index: number, asked: Asked): string {
  return call.id ?? `${asked.dialect === 'openai' ? 'call' : 'toolu'}_${asked.n}_${index}`;
}
