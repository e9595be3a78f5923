/** A call as it passes a door: what the ledger keeps of it, and what comes back. Both are JSON, whatever the bytes are. */
import { isObject, textOf, type JsonObject } from '../protocol/json.ts';

/** Bytes that are text are kept readable. */
export type Content = { readonly text?: string; readonly base64?: string };

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type Method = (typeof METHODS)[number];

/** The body of a request of the kind `passThrough`. Without credentials. */
export type PassedCall = Content & {
  /** Shown where requests are listed, and the name that prices are looked up by. */
  readonly model: string;
  readonly method: Method;
  /** The path behind the door, and the query, as the caller wrote them. */
  readonly rest: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly stream: boolean;
};

/** The head of an answer; its first frame where it is streamed. */
export type PassedHead = { readonly status: number; readonly headers: Readonly<Record<string, string>> };

export type PassedAnswer = PassedHead & Content;

export function isMethod(method: string): method is Method {
  return (METHODS as readonly string[]).includes(method);
}

function strings(value: unknown): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, text] of Object.entries(isObject(value) ? value : {}))
    if (typeof text === 'string') headers[name] = text;
  return headers;
}

function contentOf(value: JsonObject): Content {
  const { text, base64 } = value;
  return {
    ...(typeof text === 'string' ? { text } : {}),
    ...(typeof base64 === 'string' ? { base64 } : {}),
  };
}

export function readCall(body: JsonObject): PassedCall {
  const method = textOf(body['method']) ?? '';
  return {
    model: String(body['model']),
    method: isMethod(method) ? method : 'POST',
    rest: textOf(body['rest']) ?? '',
    headers: strings(body['headers']),
    stream: body['stream'] === true,
    ...contentOf(body),
  };
}

/** A head, or a piece of content: what a frame of a streamed answer says. */
export type PassedFrame = { readonly head?: PassedHead; readonly content?: Content };

export function readFrame(frame: unknown): PassedFrame {
  if (!isObject(frame)) return {};
  if (typeof frame['status'] === 'number')
    return { head: { status: frame['status'], headers: strings(frame['headers']) }, content: contentOf(frame) };
  return { content: contentOf(frame) };
}
