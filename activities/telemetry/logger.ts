/** The process log: one JSON line per entry, or short coloured lines on a terminal. What may be logged is decided here, not at each call. */
import pino from 'pino';
import { formatLine } from './log-line.ts';

export type Logger = pino.Logger;

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export type LoggerOptions = {
  readonly level: LogLevel;
  /** Short lines for people instead of JSON for collectors. */
  readonly pretty: boolean;
  /** File descriptor: 2 (stderr), so that stdout stays free for what a command prints. */
  readonly descriptor?: number;
};

/** Longer values are cut: an error that quotes a whole answer must not fill the disk. */
const MAX_VALUE_CHARACTERS = 1_000;

/** Names whose values are never written, wherever they occur: credentials, and what callers and models say. */
const PRIVATE_NAMES =
  /^(headers?|bod(y|ies)|messages?_?content|messages|content|prompts?|input|output|response|authorization|cookie)$|secret|password|passwd|api_?key|master_?key|token$|credential/i;

/** Credentials inside text: bearer values, `sk-…` keys, passwords in URLs, query parameters that carry keys. */
const PRIVATE_TEXT: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, '$1 [redacted]'],
  [/\bsk-[\w-]{6,}/g, 'sk-[redacted]'],
  [/(\w{1,20}:\/\/[^:/?#\s]*):[^@/\s]+@/g, '$1:[redacted]@'],
  [/([?&](?:key|api[-_]?key|token|sig|signature)=)[^&\s]+/gi, '$1[redacted]'],
];

/** Removes credentials from free text (provider errors, URLs) and bounds its length. Cut before it is searched: a whole answer takes long. */
export function scrub(text: string): string {
  let clean = text.slice(0, MAX_VALUE_CHARACTERS);
  for (const [pattern, replacement] of PRIVATE_TEXT) clean = clean.replace(pattern, replacement);
  return text.length > MAX_VALUE_CHARACTERS ? `${clean}… (${text.length} characters)` : clean;
}

function cleanError(error: Error): Record<string, unknown> {
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: scrub(error.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: scrub(error.stack) }),
    ...(error.cause instanceof Error ? { cause: scrub(`${error.cause.name}: ${error.cause.message}`) } : {}),
  };
}

/** Keeps plain values; of an object only its plain values, one level deep. Anything deeper is data, and data does not belong in a log. */
function cleanValue(value: unknown, depth: number): unknown {
  if (value === null || typeof value === 'number' || typeof value === 'boolean' || value === undefined) return value;
  if (typeof value === 'string') return scrub(value);
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Error) return cleanError(value);
  if (depth >= 1 || typeof value !== 'object') return `[${typeof value}]`;
  if (Array.isArray(value)) return value.slice(0, 20).map((item) => cleanValue(item, depth + 1));
  return cleanFields(value as Record<string, unknown>, depth + 1);
}

function cleanFields(fields: Record<string, unknown>, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      PRIVATE_NAMES.test(name) ? '[redacted]' : cleanValue(value, depth),
    ]),
  );
}

export function createLogger(options: LoggerOptions): Logger {
  const descriptor = options.descriptor ?? 2;
  // Synchronous: the last lines before a crash are the ones that matter.
  const lines = pino.destination({ dest: descriptor, sync: true });
  const destination = options.pretty ? { write: (line: string) => void lines.write(formatLine(line)) } : lines;
  const log = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => cleanFields(fields, 0),
      },
      // Errors are cleaned by the formatter above; pino's own serializer would copy every property of them first.
      serializers: { err: (error: unknown) => error },
      hooks: {
        logMethod(args, method) {
          const [first, ...rest] = args as unknown as readonly unknown[];
          const clean = [first, ...rest].map((item) => (typeof item === 'string' ? scrub(item) : item));
          method.apply(this, clean as unknown as typeof args);
        },
      },
    },
    destination,
  );
  // A child's fields do not pass through the formatter. Children inherit this method, hence `this`.
  const makeChild = log.child;
  log.child = function cleanChild(this: typeof log, fields: pino.Bindings) {
    return makeChild.call(this, cleanFields(fields, 0));
  } as unknown as typeof log.child;
  return log;
}

const LEVEL_NAMES: Readonly<Record<string, LogLevel>> = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  critical: 'fatal',
  fatal: 'fatal',
  silent: 'silent',
  off: 'silent',
};

/** LiteLLM's level names (`DEBUG`, `INFO`, `WARNING`, `ERROR`, `CRITICAL`) and our own, in any case. Undefined when it is none of them. */
export function parseLogLevel(name: string): LogLevel | undefined {
  return LEVEL_NAMES[name.trim().toLowerCase()];
}
