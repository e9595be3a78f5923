/** What a provider's error body says, whatever its shape: `{error:{…}}`, `{error:"…"}`, `{message}`, `{detail}`, lists of these, text, HTML. */
import { isObject, listOf, textOf } from './json.ts';

export type ErrorBody = {
  readonly message?: string;
  /** The provider's own code or type, unchanged. */
  readonly code?: string;
  readonly type?: string;
  readonly param?: string;
  /** An HTTP status inside the body: errors that arrive in a stream have no other. */
  readonly status?: number;
};

const LONGEST_MESSAGE = 2000;

/** Some servers repeat the credential they refuse; it must not reach callers, logs or histories. */
export function redact(text: string): string {
  return text
    .replaceAll(/\b(sk|pk|rk|gsk|xai|hf|r8|nvapi|key|AIza)([-_])?[A-Za-z0-9_*-]{12,}/g, '[redacted]')
    .replaceAll(/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=*-]{8,}/gi, '$1 [redacted]');
}

export function shorten(text: string): string {
  return text.length <= LONGEST_MESSAGE ? text : `${text.slice(0, LONGEST_MESSAGE - 1)}…`;
}

function scalar(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : textOf(value);
}

/** FastAPI: `{detail: "…"}` or `{detail: [{loc, msg, type}]}`. */
function detailText(detail: unknown): string | undefined {
  const parts = listOf(detail).map((entry) => {
    if (!isObject(entry)) return textOf(entry);
    const path = listOf(entry['loc']).map(String).join('.');
    const text = textOf(entry['msg']) ?? textOf(entry['message']);
    return text === undefined ? undefined : path === '' ? text : `${path}: ${text}`;
  });
  return textOf(detail) ?? textOf(parts.filter((part) => part !== undefined).join('; '));
}

function statusOf(value: unknown): number | undefined {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599 ? status : undefined;
}

function fromText(text: string): ErrorBody {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.startsWith('<')) return {};
  return { message: shorten(redact(trimmed)) };
}

export function readErrorBody(body: unknown): ErrorBody {
  if (typeof body === 'string') return fromText(body);
  if (Array.isArray(body)) return body.length === 0 ? {} : readErrorBody(body[0]);
  if (!isObject(body)) return {};
  const inner = body['error'];
  if (isObject(inner) || Array.isArray(inner)) {
    const read = readErrorBody(inner);
    if (read.message !== undefined || read.code !== undefined || read.type !== undefined) return read;
  }
  const errors = listOf(body['errors']);
  if (errors.length > 0) {
    const read = readErrorBody(errors[0]);
    const outer = statusOf(body['status_code']);
    return read.status === undefined && outer !== undefined ? { ...read, status: outer } : read;
  }
  const message =
    textOf(body['message']) ??
    textOf(inner) ??
    detailText(body['detail']) ??
    (isObject(body['detail']) ? readErrorBody(body['detail']).message : undefined) ??
    textOf(body['msg']) ??
    textOf(body['Message']);
  const code = scalar(body['code']);
  const type = textOf(body['type']);
  const param = textOf(body['param']);
  const status = statusOf(body['status_code']) ?? statusOf(body['status']) ?? statusOf(body['code']);
  return {
    ...(message === undefined ? {} : { message: shorten(redact(message)) }),
    ...(code === undefined ? {} : { code }),
    ...(type === undefined ? {} : { type }),
    ...(param === undefined ? {} : { param }),
    ...(status === undefined ? {} : { status }),
  };
}
