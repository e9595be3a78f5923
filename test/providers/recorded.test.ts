/** Runs every recording over the translation of its provider, in whole, cut at every byte, and with the request where it was recorded too. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createFrameReader } from '../../activities/http/frames.ts';
import { catalog } from '../../providers/catalog.ts';
import type { ChatRequest, ChatResponse } from '../../providers/protocol/chat.ts';
import { isObject, parseJson, type JsonObject } from '../../providers/protocol/json.ts';
import type { PlainOperation, Provider, WireEvent } from '../../providers/provider.ts';
import { eventMessage } from '../activities/http/amazon-frames.ts';
import { bodyOf, jsonReply, operationOf } from './plain.ts';
import { RECORDINGS, UNREAD, type Recording } from './recordings.ts';
import { ask, chatOf, decode, sent, targetOf } from './streams.ts';

const folder = process.env['HOLDFAST_FIXTURES'] ?? '';
const isThere = folder !== '' && existsSync(folder);

function providerOf({ provider }: Recording): Provider {
  const found = catalog[provider];
  if (found === undefined) throw new Error(`no provider ${provider}`);
  return found;
}

function targetFor(recording: Recording) {
  const base = recording.baseUrl ?? (providerOf(recording).baseUrl || 'https://upstream.test');
  return targetOf(recording.model ?? 'm', recording.settings ?? {}, base);
}

type Kept = { readonly status: number; readonly body: unknown; readonly asked: unknown; readonly headers: JsonObject };

function keptIn({ path }: Recording): Kept {
  const json: unknown = JSON.parse(readFileSync(join(folder, path), 'utf8'));
  const request = isObject(json) && isObject(json['request']) ? json['request'] : {};
  const response = isObject(json) && isObject(json['response']) ? json['response'] : undefined;
  if (response === undefined) return { status: 200, body: json, asked: undefined, headers: {} };
  const headers = isObject(response['headers']) ? response['headers'] : {};
  return { status: Number(response['status'] ?? 200), body: response['body'], asked: request['body'], headers };
}

/** The bytes as they came, or as the provider frames the recorded events. */
function bytesOf(recording: Recording): Uint8Array {
  const bytes = readFileSync(join(folder, recording.path));
  if (!recording.path.endsWith('.chunks.txt')) return bytes;
  const lines = bytes.toString('utf8').trim().split('\n');
  const { framing } = chatOf(providerOf(recording));
  if (framing === 'json-lines') return bytes;
  if (framing === 'sse') return Buffer.from(lines.map((line) => `data: ${line}\n\n`).join(''));
  return Buffer.concat(
    lines.flatMap((line) =>
      Object.entries(parseJson(line) as JsonObject).map(([name, data]) => eventMessage(name, JSON.stringify(data))),
    ),
  );
}

function eventsOf(recording: Recording, packets: readonly Uint8Array[]): WireEvent[] {
  const events: WireEvent[] = [];
  const reader = createFrameReader(chatOf(providerOf(recording)).framing, (event) => events.push(event));
  for (const packet of packets) reader.feed(packet);
  reader.end();
  return events.filter(({ kind }) => kind === 'event');
}

function decoded(recording: Recording, packets: readonly Uint8Array[]) {
  const { decoder } = chatOf(providerOf(recording));
  const request = ask({ stream: true, model: recording.model ?? 'm' });
  return decode(decoder(request, targetFor(recording)), eventsOf(recording, packets));
}

function expectShown({ shows, tokens }: Recording, response: ChatResponse | undefined): void {
  const [choice] = response?.choices ?? [];
  const message = choice?.message;
  expect(choice?.finish_reason).toMatch(/^(stop|length|tool_calls|content_filter)$/);
  const calls = message?.tool_calls ?? [];
  if (shows.includes('tools')) expect(calls.length).toBeGreaterThan(0);
  for (const { id, function: called } of calls) {
    expect(id).not.toBe('');
    expect(called.name).not.toBe('');
    expect(isObject(parseJson(called.arguments))).toBe(true);
  }
  if (calls.length === 0 && choice?.finish_reason !== 'content_filter') expect(message?.content ?? '').not.toBe('');
  if (shows.includes('thinking')) expect(message?.reasoning_content ?? '').not.toBe('');
  if (tokens !== undefined) expect(response?.usage?.total_tokens).toBe(tokens);
  if (response?.usage !== undefined) {
    const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = response.usage;
    expect(total).toBe(prompt + completion);
  }
}

/** What is sent and what was recorded, without nulls and without the differences that have a reason. */
function comparable(body: unknown, otherwise: Readonly<Record<string, string>>): JsonObject {
  const plain: unknown = JSON.parse(JSON.stringify(body), (_name, value: unknown) =>
    value === null ? undefined : value,
  );
  return Object.fromEntries(Object.entries(plain as JsonObject).filter(([name]) => otherwise[name] === undefined));
}

const isStream = ({ path }: Recording): boolean => !path.endsWith('.json');
const isPlain = ({ shows }: Recording): boolean =>
  !shows.some((shown) => shown === 'chat' || shown === 'stream' || shown === 'error');
const rows = (which: (recording: Recording) => boolean) =>
  RECORDINGS.filter(which).map((recording) => [recording.provider, recording.path, recording] as const);

describe('the list of recordings', () => {
  it('names providers of the catalog, and each file once', () => {
    expect(RECORDINGS.filter(({ provider }) => catalog[provider] === undefined)).toEqual([]);
    const paths = RECORDINGS.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
  });

  it('claims operations only of providers that have them', () => {
    const without = RECORDINGS.filter(isPlain).filter(
      (row) => providerOf(row)[row.shows[0] as PlainOperation] === undefined,
    );
    expect(without.map(({ path }) => path)).toEqual([]);
  });
});

if (isThere) {
  it('leaves no recording unread without a reason', () => {
    const listed = new Set([...RECORDINGS.map(({ path }) => path), ...Object.keys(UNREAD)]);
    const isReply = (path: string): boolean =>
      /\.(json|txt|sse|ndjson|eventstream)$/.test(path) && !path.endsWith('SOURCE.txt');
    const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(isReply);
    expect(found.filter((path) => !listed.has(path) && !isOnlyAsked(path)).toSorted()).toEqual([]);
  });

  describe('a recorded answer', () => {
    it.each(rows((row) => row.shows.includes('chat')))('of %s is read whole: %s', (_id, _path, row) => {
      const { body, headers } = keptIn(row);
      const { fromResponse } = chatOf(providerOf(row));
      expectShown(row, fromResponse(body, ask(), targetFor(row), headers as Record<string, string>));
    });

    it.each(rows((row) => row.shows.includes('stream')))('of %s is read as it streams: %s', (_id, _path, row) => {
      const bytes = bytesOf(row);
      const whole = decoded(row, [bytes]);
      expect(whole.failure).toBeUndefined();
      expectShown(row, whole.response);
      expect(
        decoded(
          row,
          [...bytes].map((byte) => Uint8Array.of(byte)),
        ),
      ).toEqual(whole);
      expect(decoded(row, [bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)])).toEqual(whole);
    });

    it.each(rows((row) => row.shows.includes('error')))('of %s becomes an error of ours: %s', (_id, _path, row) => {
      if (isStream(row)) {
        expect(decoded(row, [bytesOf(row)]).failure?.code).toBe(row.code);
        return;
      }
      const { status, body } = keptIn(row);
      const failure = providerOf(row).fromError(status === 200 ? statusIn(body) : status, body, {});
      expect(failure.code).toBe(row.code);
      expect(failure.message).not.toMatch(/undefined|\[object/);
    });

    it.each(rows(isPlain))('of %s to another operation is read: %s', (_id, _path, row) => {
      const { body } = keptIn(row);
      const given = { ...defaultsFor(row, body), ...row.body };
      const answer = operationOf(providerOf(row), row.shows[0] as PlainOperation).fromResponse(
        jsonReply(body),
        given,
        targetFor(row),
      );
      const { data, results, text } = bodyOf(answer);
      expect(
        [data, results, text].some((found) => (Array.isArray(found) || typeof found === 'string') && found.length > 0),
      ).toBe(true);
    });
  });

  it.each(rows((row) => row.asked !== undefined))('a request to %s is what was recorded: %s', (_id, _path, row) => {
    const { asked } = keptIn(row);
    const recorded = comparable(asked, row.otherwise ?? {});
    const request = row.asked === 'same' ? { ...comparable(asked, {}), stream: false } : row.asked;
    const model = row.model ?? String(recorded['model']);
    const wire = chatOf(providerOf(row)).toRequest({ model, ...request } as ChatRequest, { ...targetFor(row), model });
    expect(comparable(sent(wire).body, row.otherwise ?? {})).toEqual(recorded);
  });
}

/** A file that holds only what was asked; the answer lies beside it. */
function isOnlyAsked(path: string): boolean {
  if (!path.endsWith('.json')) return false;
  const json: unknown = JSON.parse(readFileSync(join(folder, path), 'utf8'));
  const response = isObject(json) ? json['response'] : undefined;
  return isObject(response) && (response['bodyFile'] !== undefined || Number(response['status']) === 201);
}

/** Errors that were recorded without their status say it themselves, or are about a parameter. */
function statusIn(body: unknown): number {
  const error = isObject(body) && isObject(body['error']) ? body['error'] : {};
  return typeof error['code'] === 'number' ? error['code'] : 400;
}

/** As many inputs as there are outputs. */
function defaultsFor(_row: Recording, body: unknown): JsonObject {
  const outputs = isObject(body) ? (body['results'] ?? body['data'] ?? body['predictions']) : [];
  const texts = (Array.isArray(outputs) ? outputs : []).map((_, index) => `text ${index}`);
  return { input: texts, query: 'q', documents: [...texts, ...texts.map((text) => `${text}, again`), ...texts] };
}
