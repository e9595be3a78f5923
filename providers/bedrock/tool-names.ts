/** The characters Bedrock takes in the names and ids of tools. */
import type { ChatRequest } from '../protocol/chat.ts';
import { hashOf } from '../protocol/hash.ts';
import { toolNamesFor, type ToolNames } from '../protocol/tool-names.ts';

const RULE = {
  allowed: /^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/,
  foreign: /[^a-zA-Z0-9_-]/g,
  longest: 64,
  prefix: 'tool_',
};

export function toolNamesOf(request: ChatRequest): ToolNames {
  return toolNamesFor(request, RULE);
}

const LONGEST_ID = 64;

/** Both ends of a call are changed alike, so they still meet; two long ids that begin alike stay two. */
export function toToolUseId(id: string): string {
  const plain = id.replaceAll(/[^a-zA-Z0-9_-]/g, '_');
  if (plain.length > 0 && plain.length <= LONGEST_ID) return plain;
  const hash = hashOf(id);
  return plain === '' ? `call_${hash}` : `${plain.slice(0, LONGEST_ID - hash.length - 1)}_${hash}`;
}
