/** The fake provider, in a process of its own: OpenAI chat answers and streams whose timing the model's name gives. */
import { createServer, type Socket } from 'node:net';
import { parseModelName, type Timing } from './model-name.ts';
import { MessageReader } from './wire.ts';

const CREATED = 1_700_000_000;
const CHUNK_TEXT = 'The quick brown fox ';

type Ask = {
  readonly model: string;
  readonly timing: Timing;
  readonly stream: boolean;
  readonly includeUsage: boolean;
};

const usageOf = (completionTokens: number): object => ({
  prompt_tokens: 16,
  completion_tokens: completionTokens,
  total_tokens: 16 + completionTokens,
});

const answerBytes = (status: string, body: unknown): Buffer => {
  const json = Buffer.from(JSON.stringify(body));
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${json.length}\r\n\r\n`),
    json,
  ]);
};

const errorBytes = (message: string): Buffer =>
  answerBytes('400 Bad Request', { error: { message, type: 'invalid_request_error', param: null, code: null } });

const completionBytes = (ask: Ask): Buffer =>
  answerBytes('200 OK', {
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: CREATED,
    model: ask.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: CHUNK_TEXT.repeat(Math.ceil(ask.timing.chunks / 4)), refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: usageOf(ask.timing.chunks),
  });

const frame = (data: string): string => {
  const text = `data: ${data}\n\n`;
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
};

const chunkFrame = (ask: Ask, delta: object, finish: string | null): string =>
  frame(
    JSON.stringify({
      id: 'chatcmpl-bench',
      object: 'chat.completion.chunk',
      created: CREATED,
      model: ask.model,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    }),
  );

const STREAM_HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n';

/** Each chunk's text is the sender's monotonic clock, which all processes of one machine share: the hop is read from it. */
const stamp = (): string => `@${process.hrtime.bigint()} `;

const streamTail = (ask: Ask): string => {
  const usage = {
    id: 'chatcmpl-bench',
    object: 'chat.completion.chunk',
    created: CREATED,
    model: ask.model,
    choices: [],
    usage: usageOf(ask.timing.chunks),
  };
  const last = ask.includeUsage ? frame(JSON.stringify(usage)) : '';
  return `${chunkFrame(ask, {}, 'stop')}${last}${frame('[DONE]')}0\r\n\r\n`;
};

/** Chunks keep to a schedule counted from the start, so that a late timer does not push the rest of the stream back. */
const sendStream = (socket: Socket, ask: Ask, arrivedAtMs: number): void => {
  let sent = 0;
  const next = (): void => {
    if (socket.destroyed) return;
    const delta = sent === 0 ? { role: 'assistant', content: stamp() } : { content: stamp() };
    socket.write(chunkFrame(ask, delta, null));
    sent += 1;
    if (sent === ask.timing.chunks) {
      socket.write(streamTail(ask));
      return;
    }
    const dueAtMs = arrivedAtMs + ask.timing.delayMs + sent * ask.timing.gapMs;
    setTimeout(next, Math.max(0, dueAtMs - performance.now()));
  };
  socket.write(STREAM_HEAD);
  next();
};

const parseAsk = (body: string): Ask | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('model' in value) || typeof value.model !== 'string')
    return undefined;
  const timing = parseModelName(value.model);
  if (timing === undefined) return undefined;
  const options = 'stream_options' in value ? value.stream_options : undefined;
  return {
    model: value.model,
    timing,
    stream: 'stream' in value && value.stream === true,
    includeUsage:
      typeof options === 'object' && options !== null && 'include_usage' in options && options.include_usage === true,
  };
};

/** Answers repeat, and building one is the dearest step of a request: kept by the name of the model. */
const KEPT_ANSWERS = 1_000;
const answers = new Map<string, Buffer>();

const respond = (socket: Socket, body: string): void => {
  const arrivedAtMs = performance.now();
  const ask = parseAsk(body);
  if (ask === undefined) {
    socket.write(errorBytes('the model is not one of the bench'));
    return;
  }
  if (ask.stream) {
    if (ask.timing.delayMs === 0) sendStream(socket, ask, arrivedAtMs);
    else setTimeout(sendStream, ask.timing.delayMs, socket, ask, arrivedAtMs);
    return;
  }
  let bytes = answers.get(ask.model);
  if (bytes === undefined) {
    bytes = completionBytes(ask);
    if (answers.size < KEPT_ANSWERS) answers.set(ask.model, bytes);
  }
  if (ask.timing.delayMs === 0) socket.write(bytes);
  else setTimeout((answer: Buffer) => void (socket.destroyed || socket.write(answer)), ask.timing.delayMs, bytes);
};

const server = createServer({ noDelay: true }, (socket) => {
  const parts: Buffer[] = [];
  const reader = new MessageReader({
    onHead: () => void (parts.length = 0),
    onBody: (part) => void parts.push(part),
    onEnd: () => respond(socket, parts.length === 1 ? String(parts[0]) : Buffer.concat(parts).toString()),
  });
  socket.on('data', (bytes: Buffer) => {
    try {
      reader.feed(bytes);
    } catch {
      socket.destroy();
    }
  });
  // A gateway that is stopped mid-run resets its connections; the provider outlives it.
  socket.on('error', () => socket.destroy());
});

server.listen(0, '127.0.0.1', 1_024, () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the upstream has no port');
  console.log(JSON.stringify({ port: address.port }));
});
// The bench holds this end open: when it dies, so does the upstream.
process.stdin.on('end', () => process.exit(0)).resume();
