/** Which headers pass a door: everything but what belongs to one connection, to the gateway, or to a credential. */

/** RFC 9110 §7.6.1, and what the transport writes itself. */
const HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'content-length',
  'expect',
  // The answer is read to account for it.
  'accept-encoding',
]);

/** A credential, whatever it is called: the caller's is the gateway's key, and a foreign one must not be kept. */
const SECRET =
  /(^|[-_])(authorization|api-?key|apikey|key|token|secret|password|cookie|credentials?|signature)([-_0-9]|$)/;

/** The gateway's own, what a proxy in between adds, and the parts of a signature that is made anew. */
const OWN =
  /^(x-litellm-|x-holdfast-|x-forwarded-|x-amz-(date|content-sha256|security-token)$|idempotency-key$|prefer$|x-webhook-url$|forwarded$|via$|x-real-ip$|cf-|true-client-ip$|last-event-id$)/;

const NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;

/** `nominated`: what the `Connection` header names belongs to the connection, too. */
export function passedHeaders(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Readonly<Record<string, string>> {
  const connection = headers['connection'];
  const nominated = new Set(
    (typeof connection === 'string' ? connection : '').split(',').map((name) => name.trim().toLowerCase()),
  );
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (value === undefined || HOP.has(lower) || nominated.has(lower) || SECRET.test(lower) || OWN.test(lower))
      continue;
    const text = typeof value === 'string' ? value : value.join(', ');
    if (NAME.test(lower) && /^[\t\x20-\x7e\x80-\xff]*$/.test(text)) passed[lower] = text;
  }
  return passed;
}

/** Of an answer: its length is counted anew, and cookies are between the provider and us. */
const NOT_BACK: ReadonlySet<string> = new Set([
  ...HOP,
  'set-cookie',
  'alt-svc',
  'strict-transport-security',
  'date',
  'server',
  'report-to',
  'nel',
]);

/** Names that the gateway gives a value of its own: the provider's is shown beside it. */
const RENAMED: ReadonlySet<string> = new Set(['x-request-id', 'request-id']);

export function answeredHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    // Another site's rules for browsers mean nothing at this address.
    if (NOT_BACK.has(lower) || lower.startsWith('access-control-') || lower.startsWith('x-litellm-')) continue;
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) continue;
    passed[RENAMED.has(lower) ? `llm_provider-${lower}` : lower] = value;
  }
  return passed;
}
