/** Carries out one script on one open response: heads, pauses, cuts and resets happen here and nowhere else. */
import type { ServerResponse } from 'node:http';
import type { Call } from './upstream-calls.ts';
import { errorAnswer, jsonAnswer, streamEvents } from './upstream-answers.ts';
import type { Answer, Asked } from './upstream-asked.ts';
import type { Script } from './upstream-script.ts';

/** Thrown to leave a script early: the caller left, or the script says that the socket dies here. */
class Left extends Error {}

function pause(ms: number, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      // Left in place, a stream of many pauses would collect one listener for each.
      response.off('close', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    response.once('close', end);
  });
}

function closed(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed || response.closed) resolve();
    else response.once('close', () => resolve());
  });
}

async function at(place: Script['stall'], script: Script, response: ServerResponse): Promise<void> {
  if (script.reset === place) {
    // What was written before must reach the caller first, or a reset after the head would look like one before it.
    await new Promise<void>((resolve) => {
      if (response.headersSent) response.write('', () => resolve());
      else resolve();
    });
    response.socket?.resetAndDestroy();
    throw new Left();
  }
  if (script.stall === place) {
    await closed(response);
    throw new Left();
  }
}

async function write(bytes: Buffer, script: Script, call: Call, response: ServerResponse): Promise<void> {
  const sizes = script.split === 'every_byte' ? [1] : script.split;
  if (sizes === undefined) {
    await send(bytes, call, response);
    return;
  }
  let offset = 0;
  for (let turn = 0; offset < bytes.length; turn += 1) {
    const size = Math.max(1, sizes[Math.min(turn, sizes.length - 1)] ?? bytes.length);
    await send(bytes.subarray(offset, offset + size), call, response);
    offset += size;
    // A turn of the event loop between two writes, or the kernel sends them as one.
    await (script.trickleMs === undefined
      ? new Promise((resolve) => setImmediate(resolve))
      : pause(script.trickleMs, response));
  }
}

async function send(bytes: Buffer, call: Call, response: ServerResponse): Promise<void> {
  if (response.destroyed) throw new Left();
  call.bytesSent += bytes.length;
  if (response.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const go = (): void => {
      response.off('drain', go);
      response.off('close', go);
      resolve();
    };
    response.once('drain', go);
    response.once('close', go);
  });
}

function bodyOf(script: Script, asked: Asked, answer: Answer): { bytes: Buffer; type: string } {
  const status = script.status ?? 200;
  if (script.body instanceof Uint8Array) return { bytes: Buffer.from(script.body), type: 'application/octet-stream' };
  if (typeof script.body === 'string') return { bytes: Buffer.from(script.body), type: 'text/html' };
  if (script.body !== undefined) return { bytes: Buffer.from(JSON.stringify(script.body)), type: 'application/json' };
  const error = { type: 'scripted_error', message: `scripted ${status}` };
  const json = status < 400 ? jsonAnswer(asked, script, answer) : errorAnswer(asked.dialect, status, error, false);
  return { bytes: Buffer.from(json), type: 'application/json' };
}

/** Resolves when the script is over, however it ended. */
export async function perform(
  script: Script,
  asked: Asked,
  answer: Answer,
  call: Call,
  response: ServerResponse,
): Promise<void> {
  try {
    if (script.delayMs !== undefined) await pause(script.delayMs, response);
    if (script.until !== undefined) await Promise.race([script.until, closed(response)]);
    if (response.destroyed) return;
    await at('before_head', script, response);
    if (asked.streaming && script.body === undefined && call.status < 400)
      await stream(script, asked, answer, call, response);
    else await whole(script, asked, answer, call, response);
  } catch (error) {
    if (!(error instanceof Left)) throw error;
  }
}

async function whole(
  script: Script,
  asked: Asked,
  answer: Answer,
  call: Call,
  response: ServerResponse,
): Promise<void> {
  const { bytes, type } = bodyOf(script, asked, answer);
  const plain =
    script.reset === undefined && script.stall === undefined && script.truncate !== true && script.split === undefined;
  if (plain) {
    call.bytesSent = bytes.length;
    response.writeHead(call.status, { 'content-type': type, 'content-length': bytes.length, ...script.headers });
    response.end(bytes);
    return;
  }
  response.writeHead(call.status, { 'content-type': type, ...script.headers });
  response.flushHeaders();
  await at('after_head', script, response);
  const half = Math.floor(bytes.length / 2);
  await write(bytes.subarray(0, half), script, call, response);
  await at('mid_body', script, response);
  if (script.truncate !== true) await write(bytes.subarray(half), script, call, response);
  response.end();
}

async function stream(
  script: Script,
  asked: Asked,
  answer: Answer,
  call: Call,
  response: ServerResponse,
): Promise<void> {
  response.writeHead(call.status, {
    'content-type': asked.dialect === 'amazon' ? 'application/vnd.amazon.eventstream' : 'text/event-stream',
    'cache-control': 'no-cache',
    ...script.headers,
  });
  response.flushHeaders();
  await at('after_head', script, response);
  const events = streamEvents(asked, script, answer);
  const turn = script.afterChunks ?? Math.floor(events.length / 2);
  // Without pauses the whole stream is one write: a provider that is asked for speed must not be the bottleneck.
  const together = script.gapMs === undefined && script.split === undefined;
  const run = async (from: number, to: number): Promise<void> => {
    if (together) {
      await write(Buffer.concat(events.slice(from, to).map((event) => Buffer.from(event))), script, call, response);
      return;
    }
    for (const event of events.slice(from, to)) {
      await write(Buffer.from(event), script, call, response);
      if (script.gapMs !== undefined) await pause(script.gapMs, response);
    }
  };
  await run(0, turn);
  if (script.resume !== undefined) await Promise.race([script.resume, closed(response)]);
  await at('mid_body', script, response);
  if (script.errorFrame !== undefined) {
    await write(Buffer.from(errorAnswer(asked.dialect, 500, script.errorFrame, true)), script, call, response);
  } else if (script.truncate !== true) {
    await run(turn, events.length);
  }
  response.end();
}
