import { secret } from '@portico/core';
import { countOf, flagOf, numberOf, type ReadContext, textMapOf, textOf, textsOf } from '../read-context.js';
import { type ConfigNode, plainValue } from '../yaml/config-node.js';
import { AWS_KEYS } from './aws-keys.js';
import type { DeploymentDraft } from './draft.js';
import { alwaysIgnored, each, ignored, type KeyRows, type KeyVerdict, refused, supported } from './key-row.js';
import { PRICE_KEYS } from './price-keys.js';
import { hasWildcard } from './wildcards.js';

const NO_PRESETS = 'parameters are not preset here: calls use those of the client';
const NO_PROMPTS = 'prompt management is not supported';

/** `model_list[]` */
export const ENTRY_KEYS: KeyRows<DeploymentDraft> = {
  model_name: supported('the name that clients request', nameOf, (draft, { text, node }) => {
    draft.group = text;
    draft.groupNode = node;
    if (!hasWildcard(text)) return undefined;
    return {
      verdict: 'supported',
      message: 'every name that matches; the longest pattern is used first; matching names are not listed',
    };
  }),
  // Read in turn, with what they refer to.
  litellm_params: supported('a deployment of the model'),
  model_info: supported('facts about the deployment'),
  rpm: supported('its share of the traffic, where no weight is set', numberOf, (draft, rpm) => {
    draft.rpm ??= rpm;
  }),
  tpm: supported('its share of the traffic, where neither weight nor rpm is set', numberOf, (draft, tpm) => {
    draft.tpm ??= tpm;
  }),
};

/** `model_list[].litellm_params` */
export const PARAMETER_KEYS: KeyRows<DeploymentDraft> = {
  model: supported('vendor and model', nameOf, (draft, { text, node }) => {
    draft.model = text;
    draft.modelNode = node;
    if (text.startsWith('auto_router/')) {
      return { verdict: 'refused', message: 'routing by the content of a request is not supported: name the models' };
    }
    if (!hasWildcard(text)) return undefined;
    return { verdict: 'supported', message: 'vendor and model; wildcards are filled from the requested name' };
  }),
  custom_llm_provider: supported('the vendor', textOf, (draft, vendor) => {
    draft.vendor = vendor;
  }),
  api_key: supported('the credential', credentialOf, (draft, key, node) => {
    draft.details.apiKey = key;
    draft.origins.set('apiKey', node);
  }),
  ...each(
    ['api_base', 'base_url', 'aws_bedrock_runtime_endpoint'],
    supported<DeploymentDraft, string>("the vendor's base URL", textOf, (draft, address, node) => {
      draft.details.baseUrl = address;
      draft.origins.set('baseUrl', node);
    }),
  ),
  api_version: supported("the version of the vendor's API", textOf, (draft, version, node) => {
    draft.details.apiVersion = version;
    draft.origins.set('apiVersion', node);
  }),
  organization: supported(
    'the organization that pays; a list makes one deployment per entry',
    organizationsOf,
    (draft, ids) => {
      draft.organizations = ids;
    },
  ),
  project: supported<DeploymentDraft, string>('the project that pays', textOf, (draft, project) => {
    draft.options.project = project;
  }),
  litellm_credential_name: supported('the entry of credential_list it is merged with', nodeOf, (draft, node) => {
    draft.credential = node;
  }),

  rpm: ENTRY_KEYS.rpm as KeyRows<DeploymentDraft>[string],
  tpm: ENTRY_KEYS.tpm as KeyRows<DeploymentDraft>[string],
  weight: supported('its share of the traffic', numberOf, (draft, weight) => {
    draft.weight = weight;
    if (weight > 0) return undefined;
    draft.leftOut = true;
    return { verdict: 'supported', message: 'a weight of 0 means never: the deployment is left out' };
  }),
  order: supported(
    'deployments of a higher order are used only if none of a lower order is available',
    countOf,
    (draft, order) => {
      draft.details.order = order;
    },
  ),
  max_parallel_requests: supported('concurrent calls of the deployment', countOf, (draft, calls) => {
    draft.concurrentCalls = calls;
  }),
  timeout: supported('seconds without data, before and during an answer', numberOf, (draft, seconds) => {
    draft.timeouts.wholeMs = seconds * 1_000;
  }),
  stream_timeout: supported(
    'seconds to the first content of a stream, and without data in it',
    numberOf,
    (draft, seconds) => {
      draft.timeouts.streamMs = seconds * 1_000;
    },
  ),
  num_retries: supported(
    'attempts after the first; the highest value of the deployments with one name is used',
    countOf,
    (draft, retries) => {
      draft.maxRetries = retries;
    },
  ),
  max_retries: ignored('retries are configured in one place: num_retries'),
  cooldown_time: ignored('all deployments have the same cooldown: set router_settings.cooldown_time'),
  tags: supported('the tags of calls that use this deployment', textsOf, takeTags),
  tag_regex: ignored('deployments are not chosen by user agents'),
  region_name: ignored('deployments are not chosen by region'),
  ...each(
    ['max_budget', 'budget_duration'],
    refused('budgets of a deployment are not supported, and it would be used without one'),
  ),
  max_file_size_mb: ignored('general_settings.max_request_size_mb limits uploads'),
  ...each(
    ['default_api_key_tpm_limit', 'default_api_key_rpm_limit'],
    refused('limits of keys per deployment are not supported, and would not be applied'),
  ),

  drop_params: supported('unsupported parameters are dropped instead of rejected', flagOf, (draft, drop) => {
    draft.details.dropUnsupported = drop;
  }),
  ...each(
    ['additional_drop_params', 'allowed_openai_params'],
    ignored('each vendor has its own list of supported parameters'),
  ),
  modify_params: ignored('requests are translated, but not repaired'),
  merge_reasoning_content_in_choices: ignored('reasoning stays in reasoning_content'),
  ...each(
    ['extra_headers', 'headers'],
    supported<DeploymentDraft, Record<string, string>>(
      'headers added to every request',
      textMapOf,
      (draft, headers) => {
        Object.assign(draft.headers, headers);
      },
    ),
  ),
  extra_body: ignored(NO_PRESETS),
  configurable_clientside_auth_params: ignored('clients never choose credentials or URLs'),
  use_in_pass_through: ignored(
    'pass-through routes are not read from this key: set "passThrough" in the gateway\'s own configuration',
  ),
  use_litellm_proxy: supported('the vendor is another LiteLLM proxy', flagOf, (draft, isProxy) => {
    if (isProxy) draft.vendor = 'litellm_proxy';
  }),
  mock_response: refused('mock answers are not supported: use the fake provider of @portico/testing'),
  ...each(['model_info', 'litellm_trace_id'], ignored('has no effect at this place')),
  base_model: supported('the base model, for its price and supported parameters', textOf, (draft, model) => {
    draft.details.baseModel = model;
  }),
  max_tokens: supported(
    'the output limit if the vendor requires one; budgets reserve this much',
    countOf,
    (draft, tokens) => {
      draft.details.maxOutputTokens = tokens;
    },
  ),
  ...PRICE_KEYS,

  cache_control_injection_points: ignored('cache marks are set by the client'),
  ...each(
    [
      'auto_router_config',
      'auto_router_config_path',
      'auto_router_default_model',
      'auto_router_embedding_model',
      'complexity_router_config',
      'complexity_router_default_model',
    ],
    refused('routing by the content of a request is not supported: name the models'),
  ),
  guardrails: refused('guardrails per model are not supported, and it would be called without them'),
  ...each(
    ['prompt_id', 'prompt_variables', 'prompt_version', 'prompt_label', 'langfuse_prompt_version'],
    refused(NO_PROMPTS),
  ),
  silent_model: ignored('copying calls to another model is not supported'),
  ...each(
    ['roles', 'initial_prompt_value', 'final_prompt_value', 'bos_token', 'eos_token', 'hf_model_name'],
    refused('prompt templates are not supported: use an endpoint with chat messages'),
  ),
  ...each(
    ['user_continue_message', 'assistant_continue_message', 'ensure_alternating_roles', 'supports_system_message'],
    ignored('messages are translated for each vendor, but not repaired'),
  ),

  ...AWS_KEYS,
  azure_ad_token: supported('a Microsoft Entra token', credentialOf, (draft, token) => {
    draft.options.adToken = token;
  }),
  ...each(
    [
      'tenant_id',
      'client_id',
      'client_secret',
      'azure_username',
      'azure_password',
      'azure_scope',
      'azure_ad_token_provider',
    ],
    refused('Microsoft Entra sign-in needs code: set azure_ad_token, or pass a tokenProvider to createGateway'),
  ),
  vertex_project: supported<DeploymentDraft, string>("the project's id", textOf, (draft, project) => {
    draft.options.project = project;
  }),
  vertex_location: supported<DeploymentDraft, string>('the location', textOf, (draft, location) => {
    draft.options.location = location;
  }),
  vertex_credentials: supported('the key file: its text, its path or its values', keyFileOf, (draft, credentials) => {
    draft.options.credentials = credentials;
  }),
  project_id: supported('the project, for watsonx', textOf, optionOf('watsonx', 'projectId')),
  space_id: supported('the space, for watsonx', textOf, optionOf('watsonx', 'spaceId')),
  watsonx_region_name: supported('the region, for watsonx', textOf, optionOf('watsonx', 'region')),
  token: supported('the token, for watsonx', credentialOf, optionOf('watsonx', 'token')),
  num_ctx: supported('the context length in tokens, for ollama', countOf, optionOf('ollama', 'numCtx')),
  keep_alive: supported('how long the model stays loaded, for ollama', textOf, optionOf('ollama', 'keepAlive')),
  ...each(
    ['s3_bucket_name', 's3_region_name', 's3_encryption_key_id', 'aws_batch_role_arn', 'gcs_bucket_name'],
    ignored('has no effect: files and batches are stored by their vendor (OpenAI, Azure)'),
  ),
  ...each(
    ['vector_store_id', 'milvus_text_field', 'vector_bucket_name', 'index_name', 'embedding_model'],
    ignored('vector stores are not supported'),
  ),
  ...each(
    [
      'temperature',
      'top_p',
      'top_k',
      'n',
      'stop',
      'seed',
      'max_completion_tokens',
      'presence_penalty',
      'frequency_penalty',
      'logit_bias',
      'logprobs',
      'top_logprobs',
      'response_format',
      'tools',
      'tool_choice',
      'parallel_tool_calls',
      'reasoning_effort',
      'thinking',
      'user',
      'metadata',
      'stream',
      'stream_options',
      'service_tier',
      'modalities',
      'verbosity',
      'web_search_options',
      'dimensions',
      'encoding_format',
      'input_type',
      'safety_settings',
      'extra_query',
    ],
    alwaysIgnored(NO_PRESETS),
  ),
};

/** Sets an option of one vendor; ignored for deployments of others. */
function optionOf(vendor: string, name: string) {
  return (draft: DeploymentDraft, value: unknown) => {
    draft.vendorOptions[vendor] = { ...draft.vendorOptions[vendor], [name]: value };
  };
}

/** `model_list[].model_info` */
export const INFO_KEYS: KeyRows<DeploymentDraft> = {
  id: supported('the id of the deployment', textOf, (draft, id, node) => {
    draft.details.id = id;
    draft.origins.set('id', node);
  }),
  base_model: PARAMETER_KEYS.base_model as KeyRows<DeploymentDraft>[string],
  ...each(
    ['max_tokens', 'max_output_tokens'],
    supported<DeploymentDraft, number>('the longest output; budgets reserve this much', countOf, (draft, tokens) => {
      draft.details.maxOutputTokens = tokens;
    }),
  ),
  supported_environments: supported(
    'where it is used: only if LITELLM_ENVIRONMENT is one of them',
    textsOf,
    (draft, names, _node, reading) => {
      const here = reading.environment.LITELLM_ENVIRONMENT;
      if (here === undefined || names.includes(here)) return undefined;
      draft.leftOut = true;
      return { verdict: 'supported', message: `not used in ${here}: the deployment is left out` };
    },
  ),
  max_input_tokens: supported(
    'the longest input; with enable_pre_call_checks, longer ones use other deployments',
    countOf,
    (draft, tokens) => {
      if (draft.settings.checksInputs) draft.capabilities.inputTokens = tokens;
    },
  ),
  supports_function_calling: ability('tools'),
  supports_vision: ability('images'),
  supports_audio_input: ability('audio'),
  supports_pdf_input: ability('files'),
  supports_response_schema: ability('jsonSchema'),
  access_groups: supported(
    'named lists of models, which code can assign to keys: "accessGroups" of the loaded configuration',
    textsOf,
    (draft, groups) => {
      draft.accessGroups = groups;
    },
  ),
  ...each(
    ['team_id', 'team_public_model_name'],
    refused('models of teams are not supported: every key could use this one'),
  ),
  ...each(['tpm', 'rpm'], ignored('litellm_params.rpm and .tpm are used instead')),
  custom_tokenizer: ignored('tokens are estimated before a call and counted by the vendor after it'),
  ...each(
    [
      'health_check_model',
      'health_check_timeout',
      'health_check_voice',
      'health_check_max_tokens',
      'disable_background_health_check',
    ],
    ignored('there are no background health checks; /health calls each model once'),
  ),
  ...each(
    ['mode', 'tier', 'version', 'db_model', 'created_at', 'created_by', 'updated_at', 'updated_by'],
    supported('shown at /v1/model/info'),
  ),
  ...PRICE_KEYS,
};

/** Only `false` has an effect: models are assumed to support everything. */
function ability(name: 'tools' | 'images' | 'audio' | 'files' | 'jsonSchema'): KeyRows<DeploymentDraft>[string] {
  return supported('calls that need it use deployments that support it', flagOf, (draft, has) => {
    if (!has) draft.capabilities[name] = false;
  });
}

/** The tag of deployments for calls without a matching tag. */
const UNTAGGED = 'default';

function takeTags(draft: DeploymentDraft, tags: readonly string[]): KeyVerdict | undefined {
  if (!draft.settings.filtersByTags) {
    return { verdict: 'ignored', message: 'deployments are chosen by tags only with enable_tag_filtering' };
  }
  if (!tags.includes(UNTAGGED)) draft.tags = tags;
  else if (tags.length > 1) {
    return {
      verdict: 'refused',
      message: `a deployment is for calls with its tags or, as "${UNTAGGED}", for all others: define it twice`,
    };
  }
  return undefined;
}

interface Name {
  readonly text: string;
  readonly node: ConfigNode;
}

function nameOf(node: ConfigNode, reading: ReadContext): Name | undefined {
  const text = textOf(node, reading);
  return text === undefined ? undefined : { text, node };
}

function nodeOf(node: ConfigNode): ConfigNode {
  return node;
}

function credentialOf(node: ConfigNode, reading: ReadContext) {
  const text = textOf(node, reading);
  return text === undefined ? undefined : secret(text);
}

function organizationsOf(node: ConfigNode, reading: ReadContext): readonly string[] | undefined {
  if (node.kind === 'list') return textsOf(node, reading);
  const one = textOf(node, reading);
  return one === undefined ? undefined : [one];
}

function keyFileOf(node: ConfigNode, reading: ReadContext): unknown {
  if (node.kind !== 'map') return credentialOf(node, reading);
  return plainValue(node);
}
