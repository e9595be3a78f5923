/** Mistral takes ids of tool calls only as it makes them: nine letters and digits. Histories from elsewhere have others. */
import type { ChatMessage } from '../protocol/chat.ts';

const OWN = /^[a-zA-Z0-9]{9}$/;
const LENGTH = 9;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** FNV-1a, continued over the text and a counter: short, pure, and spread well enough that neighbours differ. */
function hash(text: string, seed: number): number {
  let state = (2166136261 ^ seed) >>> 0;
  for (let at = 0; at < text.length; at += 1) state = Math.imul(state ^ text.charCodeAt(at), 16777619) >>> 0;
  state = Math.imul(state ^ (state >>> 15), 2246822507) >>> 0;
  return (state ^ (state >>> 13)) >>> 0;
}

function made(id: string, attempt: number): string {
  let text = '';
  for (let place = 0; place < LENGTH; place += 1)
    text += ALPHABET[hash(id, attempt * LENGTH + place) % ALPHABET.length] ?? 'A';
  return text;
}

export type CallIds = (id: string) => string;

/** The same history always gets the same ids, and no two calls of it the same one. */
export function callIdsOf(messages: readonly ChatMessage[]): CallIds {
  const given = new Map<string, string>();
  const taken = new Set<string>();
  const ids = messages.flatMap((message) => [
    ...(message.tool_calls ?? []).map((call) => call.id),
    ...(message.tool_call_id === undefined ? [] : [message.tool_call_id]),
  ]);
  for (const id of ids) if (OWN.test(id)) taken.add(id);
  for (const id of ids) {
    if (OWN.test(id) || given.has(id)) continue;
    let attempt = 0;
    while (taken.has(made(id, attempt))) attempt += 1;
    given.set(id, made(id, attempt));
    taken.add(made(id, attempt));
  }
  return (id) => given.get(id) ?? id;
}
