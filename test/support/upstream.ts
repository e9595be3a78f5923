/** A scripted provider over real sockets: speaks the chat of OpenAI, Anthropic, Gemini and Bedrock, does what it is told, and bills every call. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { appendCall, bill } from './upstream-calls.ts';
import type { Call, Price } from './upstream-calls.ts';
import { amazonCall } from './upstream-amazon.ts';
import { answerTo } from './upstream-answers.ts';
import type { Asked, Dialect } from './upstream-asked.ts';
import { googleCall } from './upstream-google.ts';
import { perform } from './upstream-perform.ts';
import type { Script } from './upstream-script.ts';

export type { Call, Price } from './upstream-calls.ts';
export type { Script } from './upstream-script.ts';

export type Upstream = {
  /** `http://127.0.0.1:<port>`: the base of every dialect but OpenAI's. */
  readonly url: string;
  /** `<url>/v1`: the base of OpenAI's dialect. */
  readonly openaiUrl: string;
  readonly port: number;
  /** Every call so far, in the order of arrival. */
  readonly calls: readonly Call[];
  /** The next call that comes in gets this script; several queue up. */
  next(...scripts: readonly Script[]): void;
  /** What a call gets when the queue is empty; an empty script is a good answer. */
  always(choose: Script | ((call: Call) => Script)): void;
  /** Resolves when at least `count` calls have come in. */
  arrived(count: number): Promise<readonly Call[]>;
  /** Resolves when no call is open. */
  idle(): Promise<void>;
  /** Forgets calls and scripts; the numbers go on. */
  reset(): void;
  stop(): Promise<void>;
};

export type UpstreamOptions = {
  /** Default: 1,000 nano-USD per token in, 2,000 out. */
  readonly price?: Price;
  /** Every call that is over is appended here as a line of JSON. */
  readonly logFile?: string;
  readonly port?: number;
};

export const PRICE: Price = { inputNanoUsd: 1_000, outputNanoUsd: 2_000 };

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: { text?: unknown }) => (typeof part?.text === 'string' ? part.text : '')).join('');
}

type Body = {
  model?: unknown;
  stream?: unknown;
  n?: unknown;
  messages?: unknown;
  contents?: unknown;
  system?: unknown;
  stream_options?: unknown;
};

/** What the path says where the body does not: Gemini and Bedrock name model and method there. */
type Addressed = { readonly dialect: Dialect; readonly model?: string; readonly streaming?: boolean };

function addressed(path: string): Addressed | undefined {
  if (/\/chat\/completions(\?|$)/.test(path)) return { dialect: 'openai' };
  if (/\/messages(\?|$)/.test(path)) return { dialect: 'anthropic' };
  const google = googleCall(path);
  if (google !== undefined) return { dialect: 'google', ...google };
  const amazon = amazonCall(path);
  return amazon === undefined ? undefined : { dialect: 'amazon', ...amazon };
}

function ask(n: number, to: Addressed, parsed: unknown, length: number): Asked {
  const { dialect } = to;
  const body = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as Body;
  const turns = body.messages ?? body.contents;
  const messages = (Array.isArray(turns) ? turns : []) as { role?: unknown; content?: unknown; parts?: unknown }[];
  const last = messages.findLast((message) => message.role === 'user');
  return {
    n,
    dialect,
    model: to.model ?? (typeof body.model === 'string' ? body.model : ''),
    streaming: to.streaming ?? body.stream === true,
    choices: typeof body.n === 'number' && dialect === 'openai' ? body.n : 1,
    includeUsage: (body.stream_options as { include_usage?: unknown } | undefined)?.include_usage === true,
    lastUserText: textOf(last?.content ?? last?.parts).slice(0, 200),
    // One token for four bytes of the body: crude, but deterministic, and it grows with what was sent.
    promptTokens: Math.ceil(length / 4),
  };
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

export async function startUpstream(options: UpstreamOptions = {}): Promise<Upstream> {
  const price = options.price ?? PRICE;
  const queue: Script[] = [];
  const calls: Call[] = [];
  const open = new Set<Call>();
  let choose: (call: Call) => Script = () => ({});
  let count = 0;
  let waiting: { ready: () => boolean; resolve: () => void }[] = [];
  const wake = (): void => {
    if (waiting.length === 0) return;
    for (const waiter of waiting.filter((each) => each.ready())) waiter.resolve();
    waiting = waiting.filter((each) => !each.ready());
  };
  const when = (ready: () => boolean): Promise<void> =>
    ready() ? Promise.resolve() : new Promise((resolve) => waiting.push({ ready, resolve }));

  const serve = async (request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '/';
    const to = addressed(path);
    if (to === undefined || request.method !== 'POST') {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          error: { message: `no such path: ${request.method} ${path}`, type: 'invalid_request_error' },
        }),
      );
      return;
    }
    let parsed: unknown;
    try {
      parsed = JSON.parse(body.toString('utf8'));
    } catch {
      parsed = body.toString('utf8');
    }
    count += 1;
    const asked = ask(count, to, parsed, body.length);
    const key =
      one(request.headers['x-api-key']) ?? one(request.headers['api-key']) ?? one(request.headers['x-goog-api-key']);
    const call: Call = {
      n: count,
      path,
      dialect: to.dialect,
      model: asked.model,
      streaming: asked.streaming,
      headers: request.headers,
      credential: request.headers.authorization ?? key,
      attempt: one(request.headers['x-holdfast-attempt']),
      body: parsed,
      startedAt: Date.now(),
      state: 'open',
      status: 200,
      bytesSent: 0,
      usage: { promptTokens: 0, completionTokens: 0 },
      billedNanoUsd: 0,
    };
    const script = queue.shift() ?? choose(call);
    const answer = answerTo(asked, script);
    call.status = script.status ?? 200;
    call.usage = answer.usage;
    calls.push(call);
    open.add(call);
    response.once('close', () => {
      call.endedAt = Date.now();
      call.state = response.writableFinished ? 'finished' : 'aborted';
      if (call.state === 'aborted') call.abortSeenMs = call.endedAt - call.startedAt;
      // A provider does the work, and charges for it, whether or not the caller is still there to read the answer.
      if (script.billed ?? call.status < 400) call.billedNanoUsd = bill(price, call.usage);
      open.delete(call);
      if (options.logFile !== undefined) appendCall(options.logFile, call);
      wake();
    });
    wake();
    await perform(script, asked, answer, call, response);
  };

  const server = createServer({ keepAlive: true }, (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('error', () => response.destroy());
    request.on('end', () => {
      serve(request, parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts), response).catch(
        (error: unknown) => {
          console.error('the scripted provider failed', error);
          response.destroy();
        },
      );
    });
  });
  // Callers pool their connections: one that the server closes while it is picked up again would be a fault nobody scripted.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', 1024, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;

  return {
    url,
    openaiUrl: `${url}/v1`,
    port,
    calls,
    next: (...scripts) => void queue.push(...scripts),
    always: (script) => {
      choose = typeof script === 'function' ? script : () => script;
    },
    arrived: async (wanted) => {
      await when(() => calls.length >= wanted);
      return calls;
    },
    idle: () => when(() => open.size === 0),
    reset: () => {
      queue.length = 0;
      calls.length = 0;
      choose = () => ({});
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
