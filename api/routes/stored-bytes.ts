/** Writes an answer that is not JSON: the ledger keeps it as base64 with its media type. */
import { sendText } from '../middleware/reply.ts';
import type { SendAnswer } from './submission.ts';

/** How `activities/call-plain.ts` begins such an answer; a provider's JSON passes as it is. */
const MARK = '{"content_type":';

export const sendStored: SendAnswer = (exchange, json, headers) => {
  const stored = json.startsWith(MARK) ? parse(json) : undefined;
  headers['content-type'] = stored?.contentType ?? 'application/json';
  sendText(exchange, 200, stored?.bytes ?? json, headers);
};

function parse(json: string): { readonly contentType: string; readonly bytes: Buffer } | undefined {
  const { content_type: contentType, base64, ...rest } = JSON.parse(json) as Readonly<Record<string, unknown>>;
  if (typeof contentType !== 'string' || typeof base64 !== 'string' || Object.keys(rest).length > 0) return undefined;
  // Node refuses a header with other characters by throwing, and a provider chose these.
  const safe = /^[\x20-\x7e]+$/.test(contentType) ? contentType : 'application/octet-stream';
  return { contentType: safe, bytes: Buffer.from(base64, 'base64') };
}
