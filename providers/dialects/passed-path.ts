/** Paths behind a door: none may climb out of what the door opens. */
import type { Failure } from '../protocol/errors.ts';
import { orRefusal, Refused } from '../protocol/refused.ts';

export function refusePath(message: string): never {
  throw new Refused('invalid_request', message);
}

/** A segment that a server further on may take for "one level up", in any spelling. */
function climbs(segment: string): boolean {
  let text = segment;
  // Written once too often is still read as a dot by a server that decodes twice.
  for (let times = 0; times < 3; times += 1) {
    if (text.split(/[\\/]/).some((part) => /^\.{1,2}(;.*)?$/.test(part))) return true;
    try {
      text = decodeURIComponent(text);
    } catch {
      return false;
    }
  }
  return text.split(/[\\/]/).some((part) => part === '..');
}

/** The path as it was written. Throws {@link Refused} for one that could leave the provider's own. */
export function checkRest(rest: string): string {
  const path = rest.replace(/^\/+/, '');
  if (!/^[\x21-\x7e]*$/.test(path) || path.includes('\\') || path.includes('#'))
    refusePath('The path holds characters that no URL has.');
  if (path.split('/').some(climbs)) refusePath('The path must not hold "." or ".." segments.');
  return path;
}

/** What is wrong with a path, whoever is behind the door. */
export function addressProblem(rest: string): Failure | undefined {
  const checked = orRefusal(() => checkRest(rest.split('?', 1)[0] ?? ''));
  return typeof checked === 'string' ? undefined : checked.refused;
}
