/** A short, stable name for a text: the same in every process and version. Not for secrets, and not against an adversary. */

/** FNV-1a with 32 bits, twice with different beginnings. */
function fnv(text: string, basis: number, step: number): number {
  let hash = basis;
  for (let at = 0; at < text.length; at += step) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return Math.imul(hash ^ text.length, 0x01000193) >>> 0;
}

/** Long texts (documents of megabytes) are sampled. */
const MOST_STEPS = 50_000;

/** 16 characters of hexadecimal. */
export function hashOf(text: string): string {
  const step = Math.max(1, Math.floor(text.length / MOST_STEPS));
  return [fnv(text, 0x811c9dc5, step), fnv(text, 0x9747b28c, step)]
    .map((part) => part.toString(16).padStart(8, '0'))
    .join('');
}
