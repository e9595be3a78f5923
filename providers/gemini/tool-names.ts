/** The characters Google takes in the names of functions. */
import type { ChatRequest } from '../protocol/chat.ts';
import { toolNamesFor, type ToolNames } from '../protocol/tool-names.ts';

const RULE = { allowed: /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/, foreign: /[^a-zA-Z0-9_.:-]/g, longest: 64, prefix: '_' };

export function toolNamesOf(request: ChatRequest): ToolNames {
  return toolNamesFor(request, RULE);
}
