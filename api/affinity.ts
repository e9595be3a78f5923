/** What keeps requests at one deployment: their session, a prompt the provider caches, or their key; as the operator wants. */
import { createHash } from 'node:crypto';
import type { RouterSettings } from '../activities/config/config.ts';
import type { Submission } from './dispatch.ts';

/** Below this no provider caches a prompt; four characters a token. */
const CACHEABLE_CHARACTERS = 1024 * 4;

export function affinityOf(router: RouterSettings, submission: Submission): string | undefined {
  const checks = router.optionalChecks;
  if (checks === undefined || checks.length === 0) return undefined;
  const { caller, wishes, body } = submission;
  if (checks.includes('session_affinity') && wishes.sessionId !== undefined)
    return `session ${caller.tenant} ${wishes.sessionId}`;
  const prefix = checks.includes('prompt_caching') ? cachedPrefix(body['messages']) : undefined;
  if (prefix !== undefined) return `prompt ${createHash('sha256').update(prefix).digest('base64url')}`;
  return checks.includes('deployment_affinity') ? `key ${caller.tenant} ${caller.alias}` : undefined;
}

/** The messages up to the last one that asks to be cached. */
function cachedPrefix(messages: unknown): string | undefined {
  if (!Array.isArray(messages)) return undefined;
  const last = messages.findLastIndex((message) => JSON.stringify(message)?.includes('"cache_control"'));
  if (last === -1) return undefined;
  const prefix = JSON.stringify(messages.slice(0, last + 1));
  return prefix.length < CACHEABLE_CHARACTERS ? undefined : prefix;
}
