/** What an operator can search for in the Temporal UI: one list of attributes, set at start and completed at the end. */
import { defineSearchAttributeKey, SearchAttributeType, type SearchAttributePair } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';
import type { EndSummary } from '../activities/contract.ts';

const KEYWORD = SearchAttributeType.KEYWORD;
const KEYWORD_LIST = SearchAttributeType.KEYWORD_LIST;

/** Temporal on SQL has room for ten keywords, three lists, three integers and three doubles in a namespace. */
export const SEARCH_ATTRIBUTES = {
  tenant: defineSearchAttributeKey('HoldfastTenant', KEYWORD),
  keyAlias: defineSearchAttributeKey('HoldfastKeyAlias', KEYWORD),
  model: defineSearchAttributeKey('HoldfastModel', KEYWORD),
  endUser: defineSearchAttributeKey('HoldfastEndUser', KEYWORD),
  status: defineSearchAttributeKey('HoldfastStatus', KEYWORD),
  deployment: defineSearchAttributeKey('HoldfastDeployment', KEYWORD),
  /** The requests that a convoy carries: at most 60 ids, which just fit into the 2,048 bytes that Temporal allows. */
  requests: defineSearchAttributeKey('HoldfastRequests', KEYWORD_LIST),
  tags: defineSearchAttributeKey('HoldfastTags', KEYWORD_LIST),
  tokens: defineSearchAttributeKey('HoldfastTokens', SearchAttributeType.INT),
  costUsd: defineSearchAttributeKey('HoldfastCostUsd', SearchAttributeType.DOUBLE),
} as const;

/** A keyword longer than this is refused by Temporal's SQL stores. */
export const MAX_KEYWORD_LENGTH = 255;

/** Called at the end of a workflow of one request. */
export function noteEnd(status: string, summary: EndSummary): void {
  const pairs: SearchAttributePair[] = [{ key: SEARCH_ATTRIBUTES.status, value: status }];
  if (summary.deployment !== undefined)
    pairs.push({ key: SEARCH_ATTRIBUTES.deployment, value: summary.deployment.slice(0, MAX_KEYWORD_LENGTH) });
  if (summary.tokens !== undefined) pairs.push({ key: SEARCH_ATTRIBUTES.tokens, value: summary.tokens });
  if (summary.costUsd !== undefined) pairs.push({ key: SEARCH_ATTRIBUTES.costUsd, value: summary.costUsd });
  upsertSearchAttributes(pairs);
}

/** Where a batch stands. */
export function noteStatus(status: string): void {
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.status, value: status }]);
}
