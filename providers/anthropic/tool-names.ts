/** The characters Anthropic takes in the names and ids of tools. */
import type { ChatRequest } from '../protocol/chat.ts';
import { toolNamesFor, type ToolNames } from '../protocol/tool-names.ts';

const RULE = { allowed: /^[a-zA-Z0-9_-]{1,128}$/, foreign: /[^a-zA-Z0-9_-]/g, longest: 128 };

export type { ToolNames };

export function toolNamesOf(request: ChatRequest): ToolNames {
  return toolNamesFor(request, RULE);
}

/** Ids of tool calls have the same alphabet. Both ends of a call are changed alike, so they still meet. */
export function toToolUseId(id: string): string {
  return id.replaceAll(/[^a-zA-Z0-9_-]/g, '_');
}
