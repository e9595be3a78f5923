/** What OpenAI's reasoning models refuse that its other models take. */

/** o1, o3-mini, o4-mini-2025-04-16, … */
function isOSeries(model: string): boolean {
  return /^o\d/.test(model);
}

/** gpt-5 and later generations; their `-chat` variants are ordinary chat models. */
function isReasoningGpt(model: string): boolean {
  const generation = /^gpt-(\d+)/.exec(model)?.[1];
  return generation !== undefined && Number(generation) >= 5 && Number(generation) < 1000 && !model.includes('chat');
}

function baseName(model: string): string {
  // Fine-tuned models are called `ft:<base>:<organisation>:…`; routers put a vendor in front.
  const name = model.startsWith('ft:') ? (model.split(':')[1] ?? model) : model;
  return name.slice(name.lastIndexOf('/') + 1).toLowerCase();
}

export function wantsMaxCompletionTokens(model: string): boolean {
  const name = baseName(model);
  return isOSeries(name) || isReasoningGpt(name);
}

const NOT_WITH_O_SERIES: ReadonlySet<string> = new Set([
  'logprobs',
  'top_logprobs',
  'top_p',
  'presence_penalty',
  'frequency_penalty',
]);
const NOT_WITH_REASONING_GPT: ReadonlySet<string> = new Set([
  'presence_penalty',
  'frequency_penalty',
  'stop',
  'logit_bias',
  'modalities',
  'prediction',
  'audio',
]);
const ONLY_WITHOUT_REASONING: ReadonlySet<string> = new Set(['logprobs', 'top_logprobs', 'top_p']);

/** Why the model refuses the parameter, or nothing. */
export function openAiObjection(model: string, name: string, value: unknown, effort: unknown): string | undefined {
  const base = baseName(model);
  const oSeries = isOSeries(base);
  if (!oSeries && !isReasoningGpt(base)) return name === 'thinking' ? 'the model does not reason' : undefined;
  if ((name === 'top_p' || name === 'temperature') && value === 1) return undefined;
  if (oSeries) {
    if (NOT_WITH_O_SERIES.has(name)) return 'reasoning models have no such setting';
    return name === 'temperature' ? 'reasoning models run at temperature 1 only' : undefined;
  }
  if (NOT_WITH_REASONING_GPT.has(name)) return 'reasoning models have no such setting';
  if (effort === 'none') return undefined;
  if (ONLY_WITHOUT_REASONING.has(name)) return 'only with reasoning_effort "none"';
  return name === 'temperature' ? 'other temperatures than 1 only with reasoning_effort "none"' : undefined;
}

/** Of OpenAI's models that still answer, only these complete texts; the others answer 404 there. */
export function completesText(model: string): boolean {
  return /^(gpt-3\.5-turbo-instruct|davinci-002|babbage-002|ft:(davinci|babbage)-002|text-)/.test(model);
}
