/** One log entry as a short line for a terminal. */
const COLOURS: Readonly<Record<string, number>> = { trace: 90, debug: 90, info: 36, warn: 33, error: 31, fatal: 35 };

function show(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? String(value);
}

/** `12:34:56 warn  the message name=value`, an error's stack below it. */
export function formatLine(line: string): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const { level, time, msg, err, ...fields } = entry;
  const name = String(level);
  const clock = typeof time === 'string' ? new Date(time).toTimeString().slice(0, 8) : '';
  const pairs = Object.entries(fields).map(([key, value]) => ` \u001B[90m${key}=\u001B[0m${show(value)}`);
  const error = err as { readonly stack?: string; readonly message?: string; readonly cause?: string } | undefined;
  const detail = name === 'error' || name === 'fatal' ? (error?.stack ?? error?.message) : error?.message;
  const trouble =
    detail === undefined
      ? ''
      : `\n    ${detail.replaceAll('\n', '\n    ')}${error?.cause === undefined ? '' : `\n    cause: ${error.cause}`}`;
  const label = `\u001B[${COLOURS[name] ?? 0}m${name.padEnd(5)}\u001B[0m`;
  return `\u001B[90m${clock}\u001B[0m ${label} ${typeof msg === 'string' ? msg : ''}${pairs.join('')}${trouble}\n`;
}
