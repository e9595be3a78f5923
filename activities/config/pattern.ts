/** Names with `*`: `openai/*` matches `openai/gpt-4o` and captures `gpt-4o`. */

export type Pattern = {
  readonly text: string;
  /** What the stars stand for, or undefined when the name does not match. */
  readonly capture: (name: string) => readonly string[] | undefined;
};

export function isPattern(name: string): boolean {
  return name.includes('*');
}

export function compilePattern(text: string): Pattern {
  const parts = text.split('*');
  const [first = '', second = ''] = parts;
  if (parts.length === 2) {
    // The usual case, kept free of regular expressions: it is tried on every request to a name that is no group.
    return {
      text,
      capture: (name) =>
        name.length >= first.length + second.length && name.startsWith(first) && name.endsWith(second)
          ? [name.slice(first.length, name.length - second.length)]
          : undefined,
    };
  }
  return { text, capture: (name) => captureMany(parts, name) };
}

/**
 * Several stars. The leftmost place of each part is right whenever any is, so there is no backtracking: a hostile model
 * name cannot make this slow.
 */
function captureMany(parts: readonly string[], name: string): readonly string[] | undefined {
  const head = parts[0] ?? '';
  const tail = parts[parts.length - 1] ?? '';
  if (name.length < head.length + tail.length || !name.startsWith(head) || !name.endsWith(tail)) return undefined;
  const end = name.length - tail.length;
  const captured: string[] = [];
  let from = head.length;
  for (const part of parts.slice(1, -1)) {
    const at = name.indexOf(part, from);
    if (at < 0 || at + part.length > end) return undefined;
    captured.push(name.slice(from, at));
    from = at + part.length;
  }
  captured.push(name.slice(from, end));
  return captured;
}

/** The pattern's stars replaced by what was captured, in order; stars beyond the captures get the last one. */
export function substitute(pattern: string, captured: readonly string[]): string {
  let n = 0;
  return pattern.replaceAll('*', () => captured[Math.min(n++, captured.length - 1)] ?? '');
}

/** Most specific first: longer patterns, then those with fewer stars, then by text so that the order is always the same. */
export function bySpecificity(a: string, b: string): number {
  const stars = (text: string): number => text.split('*').length;
  return b.length - a.length || stars(a) - stars(b) || (a < b ? -1 : a > b ? 1 : 0);
}
