/** A call that is answered whole: embeddings, images, sound. Bytes are kept as base64, so that every answer is JSON in the ledger. */
import { parseDataUri } from '../providers/protocol/data-uri.ts';
import { isObject, parseJson, textOf, type JsonObject } from '../providers/protocol/json.ts';
import {
  InvalidResponse,
  type Binary,
  type PlainAnswer,
  type PlainReply,
  type PlainTranslation,
  type Provider,
  type Receipt,
  type Refusal,
  type Target,
} from '../providers/provider.ts';
import type { Call, CallResult } from './call.ts';
import { lineOf, readError, send, targetOf } from './call-wire.ts';
import type { HttpClient, HttpReply } from './http/client.ts';
import { DownloadRefused, type DownloadLimits } from './http/downloads.ts';
import { cancel, isGood, poll } from './receipt.ts';

export type Plain = { readonly provider: Provider; readonly translation: PlainTranslation };

/** How many of a request's calls are under way at once. */
const ABREAST = 8;
/** Of all pictures of one answer; base64 makes a third more of it in the ledger. */
const MOST_PICTURE_BYTES = 32 * 1024 * 1024;

type Context = Plain & {
  readonly http: HttpClient;
  readonly call: Call;
  readonly signal: AbortSignal;
  readonly target: Target;
};

/** Errors: as those of the transport and of the translation. */
export async function performPlain(
  http: HttpClient,
  call: Call,
  signal: AbortSignal,
  { provider, translation }: Plain,
): Promise<CallResult> {
  const { deployment } = call;
  const target = await targetOf(provider, call, signal);
  const asked = { ...deployment.defaults, ...call.body, model: deployment.model };
  const context: Context = { provider, translation, http, call, signal, target };
  const pieces = translation.split?.(asked, target);
  const answer = pieces === undefined ? await ask(context, asked) : await askEach(context, asked, pieces);
  if ('refused' in answer) return { kind: 'failed', failure: answer.refused };
  const { body, usage } = answer;
  const fetched = isBinary(body) ? body : await withPictures(body, asked, context);
  return {
    kind: 'answered',
    answer: { json: JSON.stringify(shown(fetched, call)), ...(usage === undefined ? {} : { usage }) },
  };
}

/** One call. A failure is a refusal here, whoever refused. */
async function ask(context: Context, asked: JsonObject): Promise<PlainAnswer | Refusal> {
  const { provider, translation, http, call, signal, target } = context;
  const wire = translation.toRequest(asked, target);
  if ('refused' in wire) return wire;
  const reply = await send(http, call, signal, provider, wire);
  if (!isGood(reply)) return { refused: await readError(provider, reply) };
  const first = await readAll(reply);
  const receipt = translation.receipt?.(first, target);
  const last = receipt === undefined ? first : await awaited(receipt, context);
  return translation.fromResponse(last, asked, target);
}

/** Polls until the reply is the answer. When that fails, the work that was begun is cancelled at the provider. */
async function awaited(first: Receipt, { provider, translation, http, call, signal, target }: Context) {
  const line = lineOf(http, call, signal, provider);
  let receipt = first;
  try {
    for (;;) {
      const reply = await poll(receipt, line, readAll);
      const next = translation.receipt?.(reply, target, receipt);
      if (next === undefined) return reply;
      receipt = next;
    }
  } catch (error) {
    cancel(receipt, line);
    throw error;
  }
}

/** Errors: the first of any call; those that were answered before it were paid for. */
async function askEach(
  context: Context,
  asked: JsonObject,
  pieces: readonly JsonObject[],
): Promise<PlainAnswer | Refusal> {
  const { join } = context.translation;
  if (join === undefined) throw new Error(`${context.provider.id} splits what it cannot join.`);
  const answers: PlainAnswer[] = [];
  for (let at = 0; at < pieces.length; at += ABREAST) {
    const some = await Promise.all(pieces.slice(at, at + ABREAST).map(async (piece) => ask(context, piece)));
    for (const answer of some) {
      if ('refused' in answer) return partlyBilled(answer, at > 0 || some.some((other) => !('refused' in other)));
      answers.push(answer);
    }
  }
  return join(answers, asked, context.target);
}

function partlyBilled(refusal: Refusal, someAnswered: boolean): Refusal {
  return someAnswered ? { refused: { ...refusal.refused, billed: 'maybe' } } : refusal;
}

/** Pictures whose bytes the caller wants and that the provider only points to. */
async function withPictures(body: JsonObject, asked: JsonObject, { http, signal }: Context): Promise<JsonObject> {
  const { data } = body;
  if (asked['response_format'] !== 'b64_json' || !Array.isArray(data)) return body;
  const limits = { left: MOST_PICTURE_BYTES, signal };
  const pictures = await Promise.all(
    data.map(async (picture: unknown) => {
      const url = isObject(picture) && picture['b64_json'] === undefined ? textOf(picture['url']) : undefined;
      if (url === undefined || !isObject(picture)) return picture;
      const { url: _shown, ...rest } = picture;
      return { ...rest, b64_json: await bytesAt(url, http, limits) };
    }),
  );
  return { ...body, data: pictures };
}

/** Errors: {@link InvalidResponse} where nothing can be had at the address. */
async function bytesAt(url: string, http: HttpClient, limits: DownloadLimits): Promise<string> {
  const inline = parseDataUri(url);
  if (inline !== undefined) return inline.data;
  try {
    const { bytes } = await http.download(url, limits);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  } catch (error) {
    if (!(error instanceof DownloadRefused)) throw error;
    throw new InvalidResponse(`The picture could not be fetched: ${error.message}.`);
  }
}

async function readAll(reply: HttpReply): Promise<PlainReply> {
  const packets: Uint8Array[] = [];
  await reply.read((bytes) => packets.push(bytes));
  const bytes = Buffer.concat(packets);
  const contentType = reply.headers['content-type'] ?? '';
  // Megabytes of sound need no attempt to read them as JSON.
  const json = /^(audio|image|video)\//.test(contentType) ? undefined : parseJson(bytes.toString('utf8'));
  return { json, bytes, contentType, headers: reply.headers };
}

function shown(body: PlainAnswer['body'], call: Call): object {
  if (isBinary(body)) {
    const { bytes, contentType } = body;
    return {
      content_type: contentType,
      base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
    };
  }
  const named = 'model' in body ? { ...body, model: call.shownModel } : body;
  // OpenAI's embeddings have no id; Mistral's client refuses those without.
  return call.kind === 'embedding' ? { id: call.id, ...named } : named;
}

function isBinary(body: PlainAnswer['body']): body is Binary {
  return body['bytes'] instanceof Uint8Array;
}
