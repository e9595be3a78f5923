/** Every provider there is, by its id: the prefix of a model's name. The only list. */
import { anthropic } from './anthropic/index.ts';
import { azureAi } from './azure/catalogue.ts';
import { azure } from './azure/index.ts';
import { bedrock } from './bedrock/index.ts';
import { cohere } from './cohere/index.ts';
import { gemini } from './gemini/index.ts';
import { cloudflare } from './cloudflare/index.ts';
import { databricks } from './databricks/index.ts';
import { sagemaker, sagemakerChat, sagemakerNova } from './sagemaker/index.ts';
import { snowflake } from './snowflake/index.ts';
import { watsonx } from './watsonx/index.ts';
import { replicate } from './replicate/index.ts';
import { huggingface } from './huggingface/index.ts';
import { codestral, mistral } from './mistral/index.ts';
import { deepgram } from './deepgram/index.ts';
import { elevenlabs } from './elevenlabs/index.ts';
import { infinity } from './infinity/index.ts';
import { jina } from './jina/index.ts';
import { mock } from './mock.ts';
import { ollama } from './ollama/index.ts';
import { openAiCompatible } from './openai-compatible.ts';
import { openai, textCompletionOpenai } from './openai/index.ts';
import { voyage } from './voyage/index.ts';
import { custom } from './custom/index.ts';
import { gigachat } from './gigachat/index.ts';
import { nlpCloud } from './nlp-cloud/index.ts';
import { petals } from './petals/index.ts';
import { topaz } from './topaz/index.ts';
import { triton } from './triton/index.ts';
import { blackForestLabs } from './black-forest-labs/index.ts';
import { fal } from './fal/index.ts';
import { polly } from './polly/index.ts';
import { recraft } from './recraft/index.ts';
import { runwayml } from './runwayml/index.ts';
import { sap } from './sap/index.ts';
import { stability } from './stability/index.ts';
import type { Provider } from './provider.ts';
import { vertex } from './vertex/index.ts';

const PROVIDERS: readonly Provider[] = [
  openai,
  textCompletionOpenai,
  azure,
  azureAi,
  anthropic,
  gemini,
  vertex,
  bedrock,
  sagemaker,
  sagemakerChat,
  sagemakerNova,
  polly,
  cohere,
  mistral,
  codestral,
  ollama,
  huggingface,
  watsonx,
  cloudflare,
  databricks,
  snowflake,
  replicate,
  nlpCloud,
  gigachat,
  sap,
  triton,
  petals,
  custom,
  topaz,
  stability,
  blackForestLabs,
  fal,
  recraft,
  runwayml,
  ...openAiCompatible,
  voyage,
  jina,
  infinity,
  deepgram,
  elevenlabs,
  mock,
];

/** Without a prototype: a model called `constructor/x` has no provider. */
export const catalog: Readonly<Record<string, Provider>> = Object.freeze(
  Object.assign(
    Object.create(null) as Record<string, Provider>,
    Object.fromEntries(PROVIDERS.map((provider) => [provider.id, provider])),
  ),
);
