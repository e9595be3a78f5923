/** What the Claude models can do, by generation: a name that is not known yet counts as the newest, because new models keep new rules. */
import type { ReasoningEffort } from '../protocol/chat.ts';

export type ClaudeModel = {
  readonly maxOutputTokens: number;
  /** `budget`: `thinking{enabled, budget_tokens}`; `adaptive`: `thinking{adaptive}` with an effort. */
  readonly thinking: 'none' | 'budget' | 'adaptive';
  /** Whether `thinking{enabled}` and `thinking{disabled}` are refused: the model decides by itself. */
  readonly adaptiveOnly: boolean;
  readonly sampling: boolean;
  readonly jsonSchema: boolean;
  readonly efforts: readonly ReasoningEffort[];
};

/** Generations are compared as major · 100 + minor, so that 4.10 comes after 4.9. */
const NEWEST = 9999;

/** `claude-sonnet-4-5-20250929` → 405; `claude-3-7-sonnet-latest` → 307; a name without a version is the newest. */
function versionOf(model: string): number {
  const name = model.toLowerCase();
  const match =
    /(?:opus|sonnet|haiku|fable|mythos)-(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/.exec(name) ??
    /claude-(\d)(?:[-.](\d{1,2}))?(?!\d)/.exec(name);
  if (match === null) return NEWEST;
  return Number(match[1]) * 100 + Number(match[2] ?? 0);
}

function maxOutputTokens(name: string, version: number): number {
  if (version >= 406) return 128_000;
  if (version >= 405) return 64_000;
  if (version >= 400) return name.includes('opus') ? 32_000 : 64_000;
  if (version >= 307) return 64_000;
  return version >= 305 ? 8192 : 4096;
}

function effortsOf(version: number): readonly ReasoningEffort[] {
  if (version >= 407) return ['low', 'medium', 'high', 'xhigh', 'max'];
  return version >= 406 ? ['low', 'medium', 'high', 'max'] : [];
}

/** Anthropic requires a limit; other servers with its protocol get one that every model accepts. */
const UNKNOWN_MAX_OUTPUT_TOKENS = 4096;

export function claudeModel(model: string): ClaudeModel {
  const name = model.toLowerCase();
  const version = versionOf(name);
  return {
    maxOutputTokens: name.includes('claude') ? maxOutputTokens(name, version) : UNKNOWN_MAX_OUTPUT_TOKENS,
    thinking: version >= 406 ? 'adaptive' : version >= 307 ? 'budget' : 'none',
    adaptiveOnly: version >= 407,
    sampling: version < 407 || !name.includes('claude'),
    jsonSchema: version >= 405,
    efforts: effortsOf(version),
  };
}
