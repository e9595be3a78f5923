/** What the Gemini models can do, by generation. */

export type GeminiModel = {
  /** Generation 3 and later: no penalties, tools beside searches and schemas, ids of function calls, thought signatures that must return. */
  readonly third: boolean;
  /** `budget`: `thinkingBudget` in tokens; `level`: `thinkingLevel` in words. */
  readonly thinking: 'none' | 'budget' | 'level';
  /** The smallest budget: 0 switches thinking off, which the larger models do not allow. */
  readonly leastBudget: number;
  /** The budget of the effort `minimal`. */
  readonly minimalBudget: number;
  readonly levels: readonly string[];
  /** Takes JSON Schema itself; older ones take only Google's subset. */
  readonly jsonSchema: boolean;
};

/** Generations are compared as major · 100 + minor. A name without a version is an alias or a tuned model of the generation that takes budgets. */
const UNVERSIONED = 205;

function versionOf(name: string): number {
  const match = /gemini-(\d+)(?:[.-](\d{1,2}))?(?!\d)/.exec(name);
  return match === null ? UNVERSIONED : Number(match[1]) * 100 + Number(match[2] ?? 0);
}

function thinkingOf(name: string, version: number): GeminiModel['thinking'] {
  if (name.includes('tts') || name.includes('gemma') || name.includes('learnlm')) return 'none';
  if (version >= 300) return 'level';
  return version >= 205 && !name.includes('image') ? 'budget' : 'none';
}

function levelsOf(name: string, version: number): readonly string[] {
  if (name.includes('flash')) return ['minimal', 'low', 'medium', 'high'];
  return version > 300 ? ['low', 'medium', 'high'] : ['low', 'high'];
}

export function geminiModel(model: string): GeminiModel {
  const name = model.toLowerCase();
  const version = versionOf(name);
  const lite = name.includes('flash-lite');
  const flash = name.includes('flash');
  return {
    third: version >= 300,
    thinking: thinkingOf(name, version),
    leastBudget: flash || !name.includes('pro') ? 0 : 128,
    minimalBudget: lite ? 512 : flash ? 1 : 128,
    levels: levelsOf(name, version),
    jsonSchema: version >= 200,
  };
}
