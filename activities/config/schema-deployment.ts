/** The schema of one `model_list` entry: what each of its keys may hold and what becomes of it. */
import { z } from 'zod';
import { DEPLOYMENT_PARAMS, MODEL_INFO } from './not-served.ts';
import {
  anyMap,
  decimal,
  flag,
  mapOf,
  names,
  notServed,
  notServedBeyond,
  notServedOn,
  renamed,
  seconds,
  text,
  url,
  whole,
} from './kinds.ts';

/** OpenAI's parameters: in `litellm_params` they apply where the caller gave none. */
const parameters = {
  temperature: decimal().optional().describe('Default for callers that give none.'),
  top_p: decimal().optional(),
  n: whole(1).optional(),
  max_tokens: whole(1).optional(),
  max_completion_tokens: whole(1).optional(),
  seed: whole().optional(),
  top_logprobs: whole().optional(),
  logprobs: flag().optional(),
  parallel_tool_calls: flag().optional(),
  store: flag().optional(),
  stop: z.unknown().optional(),
  presence_penalty: z.unknown().optional(),
  frequency_penalty: z.unknown().optional(),
  logit_bias: z.unknown().optional(),
  user: z.unknown().optional(),
  tools: z.unknown().optional(),
  tool_choice: z.unknown().optional(),
  functions: z.unknown().optional(),
  function_call: z.unknown().optional(),
  response_format: z.unknown().optional(),
  reasoning_effort: z.unknown().optional(),
  verbosity: z.unknown().optional(),
  thinking: z.unknown().optional(),
  modalities: z.unknown().optional(),
  audio: z.unknown().optional(),
  prediction: z.unknown().optional(),
  web_search_options: z.unknown().optional(),
  service_tier: z.unknown().optional(),
  safety_identifier: z.unknown().optional(),
  prompt_cache_key: z.unknown().optional(),
  prompt_cache_retention: z.unknown().optional(),
  stream_options: z.unknown().optional(),
  metadata: z.unknown().optional(),
  top_k: z.unknown().optional().describe('A parameter of other providers; sent where the provider has it.'),
  min_p: z.unknown().optional(),
  repetition_penalty: z.unknown().optional(),
  mock: anyMap().optional().describe('Instructions for the built-in mock provider.'),
};

export const PARAMETER_NAMES: ReadonlySet<string> = new Set(Object.keys(parameters));

/** Settings that a provider's translation reads; passed on under their own names. */
const providerSettings = {
  api_version: text().optional().describe("Version of the provider's API (Azure)."),
  organization: text().optional().describe('Sent as OpenAI-Organization.'),
  project: text().optional(),
  region_name: text().optional(),
  extra_headers: mapOf(text()).optional().describe('Sent with every call.'),
  extra_body: anyMap().optional().describe('Merged into the body of every call.'),
  drop_params: flag().optional().describe('Leave out parameters that the provider does not have, instead of a 400.'),
  modify_params: notServedBeyond(false, flag()).optional(),
  additional_drop_params: names().optional().describe('Parameters to leave out always.'),
  allowed_openai_params: names()
    .optional()
    .describe('Parameters to send although the provider is not known to have them.'),
  aws_access_key_id: z.unknown().optional(),
  aws_secret_access_key: z.unknown().optional(),
  aws_session_token: z.unknown().optional(),
  aws_region_name: z.unknown().optional(),
  aws_session_name: z.unknown().optional(),
  aws_profile_name: z.unknown().optional(),
  aws_role_name: z.unknown().optional(),
  aws_web_identity_token: z.unknown().optional(),
  aws_sts_endpoint: z.unknown().optional(),
  aws_bedrock_runtime_endpoint: z.unknown().optional(),
  aws_bedrock_agent_runtime_endpoint: z.unknown().optional().describe('Where Bedrock ranks.'),
  aws_polly_endpoint: z.unknown().optional(),
  aws_external_id: z.unknown().optional(),
  model_id: z
    .unknown()
    .optional()
    .describe('What is called where it differs from the model, such as an inference profile (AWS).'),
  guardrailConfig: z.unknown().optional().describe('Of Bedrock; requests may give another.'),
  performanceConfig: z.unknown().optional(),
  requestMetadata: z.unknown().optional(),
  promptVariables: z.unknown().optional(),
  additionalModelResponseFieldPaths: z.unknown().optional(),
  anthropic_beta: z.unknown().optional(),
  sagemaker_base_url: z.unknown().optional(),
  hf_model_name: z.unknown().optional().describe('Whose prompt format an endpoint wants.'),
  azure_ad_token: z.unknown().optional(),
  tenant_id: z.unknown().optional(),
  client_id: z.unknown().optional(),
  client_secret: z.unknown().optional(),
  azure_username: z.unknown().optional(),
  azure_password: z.unknown().optional(),
  azure_scope: z.unknown().optional(),
  azure_authority_host: z.unknown().optional(),
  vertex_project: z.unknown().optional(),
  vertex_location: z.unknown().optional(),
  vertex_credentials: z.unknown().optional(),
  gcs_bucket_name: z.unknown().optional(),
  watsonx_region_name: z.unknown().optional(),
  project_id: z.unknown().optional(),
  space_id: z.unknown().optional(),
  token: z.unknown().optional(),
  num_ctx: z.unknown().optional(),
  keep_alive: z.unknown().optional(),
  databricks_client_secret: z.unknown().optional(),
  databricks_client_id: z.unknown().optional(),
  account_id: z.unknown().optional(),
  iam_url: z.unknown().optional(),
  zen_api_key: z.unknown().optional(),
  gigachat_scope: z.unknown().optional(),
  gigachat_auth_url: z.unknown().optional(),
  resource_group: z.unknown().optional().describe('Of SAP AI Core.'),
  model_version: z.unknown().optional().describe('Of SAP AI Core.'),
  roles: z.unknown().optional().describe('Marks around the messages of each role, for servers that complete text.'),
  use_chat_completions_api: flag()
    .optional()
    .describe('Whether responses are always asked for as chats, though the provider may have the API.'),
  use_in_pass_through: flag()
    .optional()
    .describe("Whether its address and credential are used behind the provider's door, such as /openai/…."),
  initial_prompt_value: z.unknown().optional(),
  final_prompt_value: z.unknown().optional(),
};

/** `input_cost_per_token`, `output_cost_per_second`, `cache_read_input_token_cost_above_200k_tokens`, …: the price map's keys. */
const PRICE_KEY = /(^|_)cost(s)?(_|$)|^tiered_pricing$/;

export function isPriceKey(key: string): boolean {
  return PRICE_KEY.test(key);
}

const prices = {
  input_cost_per_token: decimal().optional().describe('US dollars; wins over the price list.'),
  output_cost_per_token: decimal().optional().describe('US dollars; wins over the price list.'),
  cache_read_input_token_cost: decimal().optional().describe('US dollars.'),
  cache_creation_input_token_cost: decimal().optional().describe('US dollars.'),
  input_cost_per_second: decimal().optional().describe('US dollars.'),
  output_cost_per_second: decimal().optional().describe('US dollars.'),
  input_cost_per_image: decimal().optional().describe('US dollars.'),
};

/** Settings of the deployment itself, read by the router; not passed on. */
const own = {
  model: text().describe('provider/model, such as openai/gpt-4o. A bare name works where it is known.'),
  custom_llm_provider: text().optional().describe("The provider, when the model's name does not say it."),
  api_key: text().optional().describe("Default: the provider's environment variable."),
  api_base: url().optional().describe("Default: the provider's own address."),
  base_url: url().optional().describe('The same as api_base.'),
  litellm_credential_name: text().optional().describe('An entry of credential_list; keys given here win over it.'),
  rpm: whole().optional().describe('Requests per minute; also its weight where none is given.'),
  tpm: whole().optional().describe('Tokens per minute; also its weight where neither weight nor rpm is given.'),
  weight: decimal().optional().describe("Share of the group's traffic; wins over rpm and tpm."),
  order: whole().optional().describe('Lower is tried first.'),
  max_parallel_requests: whole(1)
    .optional()
    .describe('Calls under way at once, in one process. Default: as many as rpm, or 6 for 1000 tpm.'),
  timeout: seconds().optional().describe('Whole attempt, seconds.'),
  stream_timeout: seconds().optional().describe('To the first chunk of a stream, seconds.'),
  num_retries: whole().optional(),
  cooldown_time: seconds().optional().describe('How long it is left alone after failures, seconds.'),
  tags: names().optional().describe('For enable_tag_filtering; default: for requests without tags.'),
  silent_model: names()
    .optional()
    .describe('A model, or several, that get a copy of each request to try them out; nobody is given their answers.'),
};

export const OWN_NAMES: ReadonlySet<string> = new Set(Object.keys(own));

export const deploymentParamsSchema = z.looseObject(
  {
    ...own,
    ...parameters,
    ...providerSettings,
    ...prices,
    max_retries: renamed('num_retries: 2'),
    ...notServed(DEPLOYMENT_PARAMS),
    ...notServedOn(['ssl_verify']),
  },
  { error: 'expected a map with at least "model"' },
);

export const deploymentSchema = z.looseObject(
  {
    model_name: text().describe('The name callers send; may hold *. Entries of the same name share its traffic.'),
    litellm_params: deploymentParamsSchema,
    model_info: z
      .looseObject(
        {
          id: text().optional().describe('Default: a hash of the entry.'),
          base_model: text().optional().describe('The name it is priced by.'),
          cooldown_time: seconds().optional(),
          ...notServed(MODEL_INFO),
        },
        { error: 'expected a map' },
      )
      .optional()
      .describe('What is known about the model; keys of your own are kept.'),
  },
  { error: 'expected a map with model_name and litellm_params' },
);

export type DeploymentEntry = z.infer<typeof deploymentSchema>;
