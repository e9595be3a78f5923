/**
 * Writes providers/pricing/prices.json from the price list inside the Python package `litellm` (MIT licence), for the providers of our
 * catalog. Needs pip and unzip. Usage: node bin/generate-prices.js [version]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tsImport } from 'tsx/esm/api';

const LIST = 'litellm/model_prices_and_context_window_backup.json';
/** Paid by tokens. */
const TOKEN_MODES = new Set(['chat', 'completion', 'responses', 'embedding', 'moderation']);
/** Paid by tokens or by other units. */
const UNIT_MODES = new Set(['rerank', 'image_generation', 'image_edit', 'audio_speech', 'audio_transcription']);
/** The tiers and units that `providers/pricing/cost.ts` reads. */
const PRICE =
  /^(input_cost_per_token|output_cost_per_token|cache_read_input_token_cost|cache_creation_input_token_cost|cache_creation_input_token_cost_above_1hr)(_above_\d+k_tokens)?(_flex|_priority)?$/;
const OTHER_PRICES = new Set([
  'input_cost_per_token_cache_hit',
  'output_cost_per_reasoning_token',
  'input_cost_per_audio_token',
  'output_cost_per_audio_token',
  'input_cost_per_image_token',
  'output_cost_per_image_token',
  'input_cost_per_request',
]);
/** The units that `providers/pricing/units.ts` reads. */
const UNIT = /^(input|output)_cost_per_(image|pixel|character|second|query)$/;

/** Names of the list for parts of one provider. Vertex AI's models are told apart by maker: `vertex_ai-anthropic_models`. */
const OWNERS = {
  bedrock_converse: 'bedrock',
  cohere_chat: 'cohere',
  'text-completion-openai': 'openai',
  'text-completion-codestral': 'codestral',
  'fireworks_ai-embedding-models': 'fireworks_ai',
};
/** Bought by the hour, or another service behind the same prefix. */
const NOT_SERVED = /-commitment\/|^bedrock\/claude_platform\//;

function ownerOf(model) {
  const provider = model.litellm_provider ?? '';
  return provider.startsWith('vertex_ai-') ? 'vertex_ai' : (OWNERS[provider] ?? provider);
}

function isPriced(model) {
  const byToken = typeof model.input_cost_per_token === 'number' || typeof model.output_cost_per_token === 'number';
  if (TOKEN_MODES.has(model.mode)) return byToken;
  return UNIT_MODES.has(model.mode) && (byToken || Object.keys(model).some((name) => UNIT.test(name)));
}

function compact(model) {
  const row = { provider: ownerOf(model) };
  if (model.mode !== 'chat') row.mode = model.mode;
  if (Number.isInteger(model.max_input_tokens)) row.max_input_tokens = model.max_input_tokens;
  if (Number.isInteger(model.max_output_tokens)) row.max_output_tokens = model.max_output_tokens;
  for (const [name, value] of Object.entries(model)) {
    if (typeof value === 'number' && (PRICE.test(name) || OTHER_PRICES.has(name) || UNIT.test(name))) row[name] = value;
  }
  const search = model.search_context_cost_per_query?.search_context_size_medium;
  if (typeof search === 'number') row.search_context_cost_per_query = { search_context_size_medium: search };
  return row;
}

const folder = mkdtempSync(join(tmpdir(), 'prices-'));
try {
  const version = process.argv[2];
  const wanted = version === undefined ? 'litellm' : `litellm==${version}`;
  execFileSync('pip', ['download', '--quiet', '--no-deps', '--only-binary', ':all:', '--dest', folder, wanted], {
    stdio: 'inherit',
  });
  const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
  const text = execFileSync('unzip', ['-p', join(folder, wheel), LIST], {
    maxBuffer: 64 * 1024 * 1024,
    encoding: 'utf8',
  });
  const { catalog } = await tsImport('../providers/catalog.ts', import.meta.url);
  const models = {};
  for (const [name, model] of Object.entries(JSON.parse(text)).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!isPriced(model) || NOT_SERVED.test(name)) continue;
    if (catalog[ownerOf(model)] !== undefined) models[name] = compact(model);
  }
  const lines = Object.entries(models).map(([name, row]) => `    ${JSON.stringify(name)}: ${JSON.stringify(row)}`);
  const head = {
    source: `${LIST} of ${wheel.split('-').slice(0, 2).join(' ')} on PyPI, MIT licence`,
    date: new Date().toISOString().slice(0, 10),
  };
  const target = new URL('../providers/pricing/prices.json', import.meta.url);
  const json = `{\n  "source": ${JSON.stringify(head.source)},\n  "date": ${JSON.stringify(head.date)},\n  "models": {\n${lines.join(',\n')}\n  }\n}\n`;
  writeFileSync(target, json);
  console.log(`${lines.length} models, ${Math.round(json.length / 1024)} kB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
