/** The kinds of values a setting can have: each says in words what it expects and how an editor may check it. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { parseDuration } from './duration.ts';

/** What the checker must know about a key beyond its type. */
export type KeyNote =
  /** A key of LiteLLM that is understood and has no effect here yet; `off` is the value that asks for nothing. */
  | { readonly status: 'not_served'; readonly off: unknown }
  /** A key with a new name: `instead` is what to write, ready to paste. */
  | { readonly status: 'renamed'; readonly instead: string };

/** Notes of schemas; kept outside of them so that they do not end up in the JSON schema. */
export const keyNotes = z.registry<KeyNote, z.core.$ZodType>();

/** A value in one of the forms `accept` turns into T (undefined = refused). `json` is the JSON schema of those forms. */
export function kind<T>(expected: string, accept: (value: unknown) => T | undefined, json: Record<string, unknown>) {
  return (
    z
      .custom<unknown>((value) => accept(value) !== undefined, { error: `expected ${expected}` })
      .meta(json)
      // The check above has accepted the value, so the result is never undefined.
      .transform((value) => accept(value) as T)
  );
}

/** Numbers may arrive as text, because environment variables are text. */
function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'string' && /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(value)
    ? Number(value)
    : undefined;
}

const NUMBER_TEXT = { type: 'string', pattern: '^(os\\.environ/.+|\\s*[-+]?(\\d+\\.?\\d*|\\.\\d+)(e[-+]?\\d+)?\\s*)$' };

/** A whole number ≥ `min`. */
export function whole(min = 0) {
  const accept = (value: unknown): number | undefined => {
    const number = toNumber(value);
    return number !== undefined && Number.isSafeInteger(number) && number >= min ? number : undefined;
  };
  return kind(`a whole number ≥ ${min}`, accept, { anyOf: [{ type: 'integer', minimum: min }, NUMBER_TEXT] });
}

/** A number ≥ 0, with or without decimals. */
export function decimal() {
  const accept = (value: unknown): number | undefined => {
    const number = toNumber(value);
    return number !== undefined && number >= 0 ? number : undefined;
  };
  return kind('a number ≥ 0', accept, { anyOf: [{ type: 'number', minimum: 0 }, NUMBER_TEXT] });
}

const YES = ['true', 'yes', 'on', '1'];
const NO = ['false', 'no', 'off', '0'];

/** `yes` and `on` are booleans in YAML 1.1, which LiteLLM's files are written in, but text in YAML 1.2. */
export function toFlag(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const word = String(value).trim().toLowerCase();
  return YES.includes(word) ? true : NO.includes(word) ? false : undefined;
}

/** JSON schema's patterns know no "ignore case". */
const FLAG_TEXT = [...YES, ...NO].map((word) =>
  word.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`),
);

export function flag() {
  return kind('true or false', toFlag, {
    anyOf: [{ type: 'boolean' }, { type: 'string', pattern: `^(os\\.environ/.+|${FLAG_TEXT.join('|')})$` }],
  });
}

/** Text; a bare number such as a version is taken as the text it was written as. */
export function text() {
  const accept = (value: unknown): string | undefined =>
    typeof value === 'string' && value.trim() !== ''
      ? value.trim()
      : typeof value === 'number'
        ? String(value)
        : undefined;
  return kind('text that is not empty', accept, { type: ['string', 'number'] });
}

/** An address of a server. */
export function url() {
  const accept = (value: unknown): string | undefined => {
    if (typeof value !== 'string') return undefined;
    // A trailing slash would double the one that paths begin with.
    const trimmed = value.trim().replace(/\/+$/, '');
    return /^https?:\/\//i.test(trimmed) && URL.canParse(trimmed) ? trimmed : undefined;
  };
  return kind('a URL such as https://example.com/v1', accept, { type: 'string' });
}

const DURATION_TEXT = { type: 'string', pattern: '^(os\\.environ/.+|\\s*\\d+(\\.\\d+)?\\s*(ms|s|m|h|d|w|mo)?\\s*)$' };

/** A duration of LiteLLM's: a bare number is seconds. Comes out in milliseconds. */
export function seconds() {
  return kind('seconds, or a duration such as "30s", "10m", "1h", "30d"', (value) => parseDuration(value, 1_000), {
    anyOf: [{ type: 'number', minimum: 0 }, DURATION_TEXT],
  });
}

/** A duration of ours: a bare number is milliseconds, as everywhere in Holdfast. */
export function milliseconds(minMs = 0) {
  const accept = (value: unknown): number | undefined => {
    const ms = parseDuration(value, 1);
    return ms !== undefined && ms >= minMs ? ms : undefined;
  };
  const least = minMs === 0 ? '' : `, at least ${minMs} ms`;
  return kind(`milliseconds, or a duration such as "30s", "10m", "1h", "7d"${least}`, accept, {
    anyOf: [{ type: 'number', minimum: minMs }, DURATION_TEXT],
  });
}

/** One of some words. */
export function oneOf<const T extends readonly [string, ...string[]]>(words: T) {
  return z.enum(words, { error: `expected one of ${words.join(', ')}` });
}

/** A list of names; a lone name stands for a list of one. */
export function names() {
  const accept = (value: unknown): string[] | undefined => {
    const list: unknown[] = Array.isArray(value) ? value : [value];
    return list.every((item) => typeof item === 'string' && item !== '') ? (list as string[]) : undefined;
  };
  return kind('a list of names', accept, { anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'string' }] });
}

/** Secrets of Standard Webhooks: 24 to 64 bytes in base64. Never repeated in an error. */
export function webhookSecrets() {
  return kind('"whsec_" and 24 to 64 bytes in base64, or a list of these', toWebhookSecrets, {
    anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'string' }],
  });
}

export function toWebhookSecrets(value: unknown): string[] | undefined {
  const list: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.trim().split(/[\s,]+/) : [];
  const good = list.every((one) => {
    const bytes = typeof one === 'string' ? /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(one)?.[1] : undefined;
    const length = bytes === undefined ? 0 : Buffer.from(bytes, 'base64').length;
    return length >= 24 && length <= 64;
  });
  return good && list.length > 0 ? (list as string[]) : undefined;
}

/** Address ranges in CIDR notation. */
export function networks() {
  return kind('a network such as 10.0.0.0/8, or a list of networks', toNetworks, {
    anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'string' }],
  });
}

export function toNetworks(value: unknown): string[] | undefined {
  const list: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.trim().split(/[\s,]+/) : [];
  const good = list.every((one) => {
    const [, network = '', prefix = ''] = (typeof one === 'string' && /^([0-9a-f:.]+)\/(\d{1,3})$/i.exec(one)) || [];
    const family = isIP(network);
    return family !== 0 && Number(prefix) <= (family === 6 ? 128 : 32);
  });
  return good && list.length > 0 ? (list as string[]) : undefined;
}

/** A map whose keys are the operator's own. */
export function mapOf<T extends z.ZodType>(value: T) {
  return z.record(z.string(), value, { error: 'expected a map' });
}

/** A map that is passed on as it is. */
export function anyMap() {
  return mapOf(z.unknown());
}

/**
 * Known from LiteLLM, understood, and without effect so far: the operator is told, and an editor does not mark it.
 * The result's type has no keys, so that no code can come to read one.
 */
export function notServed(keys: readonly string[]): Record<never, z.ZodType> {
  return unserved(false, keys);
}

/** The schema inside optional, transformed and the like: the one that carries a note. */
export function bareSchema(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional) return bareSchema(schema.unwrap());
  if (schema instanceof z.ZodPipe) return bareSchema(schema.in);
  return schema;
}

/** A setting that is checked and kept, but that nothing acts upon yet, except for the value `off`. */
export function notServedBeyond<T extends z.ZodType>(off: unknown, schema: T): T {
  keyNotes.add(bareSchema(schema), { status: 'not_served', off });
  return schema;
}

/** The same for what LiteLLM does unless it is told not to: here `false` is the value that would change something. */
export function notServedOn(keys: readonly string[]): Record<never, z.ZodType> {
  return unserved(true, keys);
}

function unserved(off: boolean, keys: readonly string[]): Record<string, z.ZodType> {
  const entries = keys.map((key) => {
    const schema = z.unknown().meta({ description: 'Known from LiteLLM; not served yet, a warning says so.' });
    keyNotes.add(schema, { status: 'not_served', off });
    return [key, schema.optional()] as const;
  });
  return Object.fromEntries(entries);
}

/** A key that has no effect any more, with what to write in its place. */
export function renamed(instead: string) {
  const schema = z.unknown().meta({ description: `Has no effect. Write instead: ${instead}` });
  keyNotes.add(schema, { status: 'renamed', instead });
  return schema.optional();
}
