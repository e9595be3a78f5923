/** Makes request ids: `req_` and 26 characters of Crockford's base32, the time first, so that ids sort by age. */
import { randomFillSync } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** 48 bits of milliseconds are ten characters until the year 10889. */
const TIME_CHARACTERS = 10;
/** 80 random bits: an id must not be guessable, since it is also the address of the answer. */
const RANDOM_CHARACTERS = 16;
/** One call to the random source serves 256 ids; a call per id costs more than the rest of the id. */
const POOL_BYTES = RANDOM_CHARACTERS * 256;

export const REQUEST_ID = /^req_[0-9A-HJKMNP-TV-Z]{26}$/;

const pool = Buffer.alloc(POOL_BYTES);
let used = POOL_BYTES;
let lastMs = -1;
let lastPrefix = '';

/** A new id, unique across processes. */
export function createRequestId(nowMs: number = Date.now()): string {
  if (nowMs !== lastMs) {
    lastMs = nowMs;
    lastPrefix = `req_${encodeTime(nowMs)}`;
  }
  if (used === POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  let id = lastPrefix;
  // 256 is a multiple of 32, so the low five bits of a random byte are uniform.
  for (const end = used + RANDOM_CHARACTERS; used < end; used += 1) id += ALPHABET.charAt((pool[used] ?? 0) & 31);
  return id;
}

function encodeTime(ms: number): string {
  let text = '';
  let rest = ms;
  for (let index = 0; index < TIME_CHARACTERS; index += 1) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** What a caller may send as `x-litellm-call-id`: it is echoed into a header and written to the log. */
const CALL_ID = /^[\x21-\x7e]{1,128}$/;

/** The caller's own correlation id where it is fit to be echoed, else the request's id. */
export function callIdOf(header: string | string[] | undefined, requestId: string): string {
  return typeof header === 'string' && CALL_ID.test(header) ? header : requestId;
}
