/** Parses JSON from strangers: bounded depth, no prototype keys, no characters that the database cannot hold. */
import { parse as locateErrors, type ParseError } from 'jsonc-parser';
import { refuse } from './refusal.ts';

/** Deeper documents overflow the stack of everything that walks them later; no real request comes near. */
const MAX_DEPTH = 100;
/** Finding the position of a syntax error takes a second, slower pass; beyond this many characters the message goes without. */
const MAX_LOCATED_CHARACTERS = 256 * 1024;

export function parseJson(text: string): unknown {
  const tooDeep = positionBeyondDepth(text, MAX_DEPTH);
  if (tooDeep !== undefined) {
    refuse(
      'invalid_request',
      `The request body is nested more than ${MAX_DEPTH} levels deep (at position ${tooDeep}).`,
    );
  }
  const value = parseOrRefuse(text);
  if (isSuspicious(text)) inspect(value);
  return value;
}

function parseOrRefuse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const errors: ParseError[] = [];
    if (text.length <= MAX_LOCATED_CHARACTERS) locateErrors(text, errors, { disallowComments: true });
    const position = errors[0]?.offset;
    const where =
      position === undefined ? '' : ` (at ${position >= text.trimEnd().length ? 'its end, ' : ''}position ${position})`;
    return refuse(
      'invalid_request',
      `We could not parse the JSON body of your request${where}. The API expects a JSON payload; this one is not valid JSON.`,
    );
  }
}

/**
 * Where the nesting first exceeds the limit. One pass without recursion, before anything recursive sees the text; strings are
 * jumped over, since prompts are most of a body.
 */
function positionBeyondDepth(text: string, limit: number): number | undefined {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) {
      index = endOfString(text, index);
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      depth += 1;
      if (depth > limit) return index;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth -= 1;
    }
  }
  return undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** The position of the quote that ends the string which starts at `start`: the first one behind an even number of backslashes. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

/** Whether the parsed value must be walked. What the walk refuses can only be written with one of these in the text. */
function isSuspicious(text: string): boolean {
  return text.includes('\\u') || text.includes('__proto__') || text.includes('"constructor"');
}

/** NUL cannot be stored by PostgreSQL; half a surrogate pair is no Unicode, and UTF-8 cannot carry it to a provider. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

function inspect(value: unknown, path = ''): void {
  if (typeof value === 'string') {
    if (UNSTORABLE.test(value)) {
      refuse(
        'invalid_request',
        'The request body holds a NUL character or an unpaired surrogate, which are not text.',
        path,
      );
    }
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => inspect(item, `${path}[${index}]`));
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (UNSTORABLE.test(key)) {
        refuse('invalid_request', 'A key in the request body holds a NUL character or an unpaired surrogate.', path);
      }
      const where = path === '' ? key : `${path}.${key}`;
      if (key === '__proto__' || (key === 'constructor' && isObjectWithPrototype(item))) {
        refuse('invalid_request', `The key "${key}" is not accepted in a request body.`, where);
      }
      inspect(item, where);
    }
  }
}

function isObjectWithPrototype(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype');
}
