/** A call that is answered whole: embeddings, images, sound. Bytes are kept as base64, so that every answer is JSON in the ledger. */
import { parseJson } from '../providers/protocol/json.ts';
import type { Binary, PlainAnswer, PlainReply, PlainTranslation, Provider } from '../providers/provider.ts';
import type { Call, CallResult } from './call.ts';
import { readError, send, targetOf } from './call-wire.ts';
import type { HttpClient, HttpReply } from './http/client.ts';

export type Plain = { readonly provider: Provider; readonly translation: PlainTranslation };

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
  const wire = translation.toRequest(asked, target);
  if ('refused' in wire) return { kind: 'failed', failure: wire.refused };
  const reply = await send(http, call, signal, provider, wire);
  if (reply.status < 200 || reply.status > 299) return { kind: 'failed', failure: await readError(provider, reply) };
  const { body, usage } = translation.fromResponse(await readAll(reply), asked, target);
  return {
    kind: 'answered',
    answer: { json: JSON.stringify(shown(body, call)), ...(usage === undefined ? {} : { usage }) },
  };
}

async function readAll(reply: HttpReply): Promise<PlainReply> {
  const packets: Uint8Array[] = [];
  await reply.read((bytes) => packets.push(bytes));
  const bytes = Buffer.concat(packets);
  const contentType = reply.headers['content-type'] ?? '';
  // Megabytes of sound need no attempt to read them as JSON.
  const json = /^(audio|image|video)\//.test(contentType) ? undefined : parseJson(bytes.toString('utf8'));
  return { json, bytes, contentType };
}

function shown(body: PlainAnswer['body'], call: Call): object {
  if (isBinary(body)) {
    const { bytes, contentType } = body;
    return {
      content_type: contentType,
      base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
    };
  }
  return 'model' in body ? { ...body, model: call.shownModel } : body;
}

function isBinary(body: PlainAnswer['body']): body is Binary {
  return body['bytes'] instanceof Uint8Array;
}
