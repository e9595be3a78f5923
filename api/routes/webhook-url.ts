/** `x-webhook-url`: where the end of a request or of a batch is told. What is certainly not allowed is refused here, the rest when it is connected to. */
import { isIP } from 'node:net';
import { createNetworks } from '../../activities/http/networks.ts';
import { isPublicAddress } from '../../activities/http/public-address.ts';
import { refuse } from '../middleware/refusal.ts';
import type { Exchange } from './exchange.ts';

const HEADER = 'x-webhook-url';
const MAX_CHARACTERS = 2_048;

/** Undefined without the header. Throws a 400 that names it. */
export function webhookUrlOf({ req, deps }: Exchange): string | undefined {
  const given = req.headers[HEADER];
  if (given === undefined || given === '') return undefined;
  const { secrets, allowedNetworks } = deps.config().holdfast.webhooks;
  if (secrets.length === 0)
    return refuse('invalid_request', 'Webhooks are not served: the operator has configured no secret.', HEADER);
  const text = String(given);
  if (text.length > MAX_CHARACTERS || !URL.canParse(text))
    return refuse('invalid_request', `${HEADER} is no URL of at most ${MAX_CHARACTERS} characters.`, HEADER);
  const url = new URL(text);
  const secure = url.protocol === 'https:';
  if (!secure && !(url.protocol === 'http:' && allowedNetworks.length > 0))
    return refuse('invalid_request', `${HEADER} must be an https URL.`, HEADER);
  if (url.username !== '' || url.password !== '')
    return refuse('invalid_request', `${HEADER} must not hold a user name or a password.`, HEADER);
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  const allowed = createNetworks(allowedNetworks).contains(literal) || (secure && isPublicAddress(literal));
  if (isIP(literal) !== 0 && !allowed)
    return refuse('invalid_request', `The address of ${HEADER} is neither public nor allowed.`, HEADER);
  return url.href;
}
