/** Plain HTTP to a gateway, as any caller would do it. */
import { MASTER_KEY } from './gateway.ts';

export type Answered = {
  readonly status: number;
  readonly id: string;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  readonly json: Record<string, unknown> | undefined;
};

export type Ask = {
  readonly model: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
};

export async function post(
  url: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return toAnswered(response);
}

export async function get(url: string, path: string): Promise<Answered> {
  return toAnswered(await fetch(url + path, { headers: { authorization: `Bearer ${MASTER_KEY}` } }));
}

export async function chat(url: string, { model, body, headers }: Ask): Promise<Answered> {
  return post(
    url,
    '/v1/chat/completions',
    { model, messages: [{ role: 'user', content: 'Say it.' }], ...body },
    headers,
  );
}

/** A request as the ledger tells it. */
export type RequestObject = {
  readonly id: string;
  readonly status: string;
  readonly model: string;
  readonly response?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
  readonly cost: number | null;
  readonly attempts: readonly {
    readonly n: number;
    readonly deployment: string;
    readonly status: string;
    readonly cost: number | null;
    readonly error?: { readonly code: string };
  }[];
  readonly temporal_url?: string;
};

export async function readRequest(url: string, id: string): Promise<RequestObject> {
  const { json } = await get(url, `/v1/requests/${id}`);
  return json as unknown as RequestObject;
}

async function toAnswered(response: Response): Promise<Answered> {
  const text = await response.text();
  return {
    status: response.status,
    id: response.headers.get('x-request-id') ?? '',
    headers: response.headers,
    text,
    json: parse(text),
  };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
