/** What is charged for an answer. */
import type { ChatResponse } from '../providers/protocol/chat.ts';
import type { Usage } from '../providers/protocol/usage.ts';

export type Metered = {
  readonly usage?: Usage;
  /** Where it does not follow from the usage: a fixed price, or nothing. */
  readonly costNano?: bigint;
  /** The tier the provider says it served. */
  readonly serviceTier?: string;
};

export function meter(response: ChatResponse): Metered {
  const { usage, service_tier: tier } = response;
  return { ...(usage === undefined ? {} : { usage }), ...(typeof tier === 'string' ? { serviceTier: tier } : {}) };
}
