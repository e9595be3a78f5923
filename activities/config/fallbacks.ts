/** The shapes in which LiteLLM's files name fallbacks, and the one shape the router reads. */
import { kind } from './kinds.ts';

/** Model group → what is tried after it, in order; `*` stands for every group without a list of its own. */
export type FallbackList = Readonly<Record<string, readonly string[]>>;

/** One mention of a model group in a list of fallbacks, with the steps from the list to it. */
export type Mention = {
  readonly name: string;
  readonly role: 'from' | 'to';
  readonly steps: readonly (string | number)[];
};

/**
 * `[{"a": ["b", "c"]}]`, `[{"a": "b"}]`, `["b"]` (for every model), and `{"a": ["b"]}`, which people write by mistake
 * and which can mean only one thing. Undefined for anything else.
 */
export function parseFallbacks(value: unknown): { list: FallbackList; mentions: Mention[] } | undefined {
  // Without a prototype: a group may be called "constructor".
  const byGroup = Object.create(null) as Record<string, readonly string[]>;
  const mentions: Mention[] = [];

  const add = (group: string, names: readonly string[]): void => {
    byGroup[group] = [...(byGroup[group] ?? []), ...names];
  };
  const readMap = (map: object, steps: readonly (string | number)[]): boolean => {
    for (const [group, targets] of Object.entries(map)) {
      const names: unknown[] = Array.isArray(targets) ? targets : [targets];
      if (!names.every((name) => typeof name === 'string')) return false;
      add(group, names);
      if (group !== '*') mentions.push({ name: group, role: 'from', steps: [...steps, group] });
      for (const [n, name] of names.entries()) {
        mentions.push({ name, role: 'to', steps: Array.isArray(targets) ? [...steps, group, n] : [...steps, group] });
      }
    }
    return true;
  };

  if (Array.isArray(value)) {
    for (const [n, item] of (value as unknown[]).entries()) {
      if (typeof item === 'string') {
        add('*', [item]);
        mentions.push({ name: item, role: 'to', steps: [n] });
      } else if (typeof item !== 'object' || item === null || Array.isArray(item) || !readMap(item, [n])) {
        return undefined;
      }
    }
  } else if (typeof value !== 'object' || value === null || !readMap(value, [])) {
    return undefined;
  }
  return { list: byGroup, mentions };
}

/** The schema of such a list. */
export function fallbackList() {
  const names = { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] };
  const map = { type: 'object', additionalProperties: names };
  return kind<FallbackList>('a list such as [{"gpt-4o": ["claude"]}]', (value) => parseFallbacks(value)?.list, {
    anyOf: [{ type: 'array', items: { anyOf: [map, { type: 'string' }] } }, map],
  });
}
