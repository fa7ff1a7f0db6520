import { secret } from '@portico/core';
import { countOf, flagOf, numberOf, type Reading, textMapOf, textOf, textsOf } from '../reading.js';
import { type ConfigNode, plainValue } from '../yaml/config-node.js';
import type { DeploymentDraft } from './draft.js';
import { each, ignored, ignoredWhatever, type Judgement, type KeyRows, refused, supported } from './key-row.js';
import { AWS_KEYS } from './keys-of-aws.js';
import { PRICE_KEYS } from './keys-of-prices.js';
import { hasStar } from './stars.js';

const NO_PRESETS = 'calls go out with what the client asks for: parameters are not preset here';
const NO_PROMPTS = 'prompts are not managed here';

/** `model_list[]` */
export const ENTRY_KEYS: KeyRows<DeploymentDraft> = {
  model_name: supported('the name clients ask for', nameOf, (draft, { text, node }) => {
    draft.group = text;
    draft.groupNode = node;
    if (!hasStar(text)) return undefined;
    return {
      verdict: 'supported',
      says: 'every name that fits from end to end; the longest goes first, none are listed',
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
      return { verdict: 'refused', says: 'no router here chooses by what is asked: name the models' };
    }
    if (!hasStar(text)) return undefined;
    return { verdict: 'supported', says: 'vendor and model, as far as the client names them' };
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
    supported<DeploymentDraft, string>("the vendor's address", textOf, (draft, address, node) => {
      draft.details.baseUrl = address;
      draft.origins.set('baseUrl', node);
    }),
  ),
  api_version: supported("the version of the vendor's interface", textOf, (draft, version, node) => {
    draft.details.apiVersion = version;
    draft.origins.set('apiVersion', node);
  }),
  organization: supported(
    'the organization that pays; of a list, one deployment each',
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
    return { verdict: 'supported', says: 'a weight of 0 is never asked: the deployment is left out' };
  }),
  order: supported(
    'deployments of a higher order are asked only when none of a lower one may be',
    countOf,
    (draft, order) => {
      draft.details.order = order;
    },
  ),
  max_parallel_requests: supported('calls that it may have under way', countOf, (draft, calls) => {
    draft.concurrentCalls = calls;
  }),
  timeout: supported('seconds of silence, before and in an answer', numberOf, (draft, seconds) => {
    draft.timeouts.wholeMs = seconds * 1_000;
  }),
  stream_timeout: supported(
    'seconds to the first words of a stream, and of silence in it',
    numberOf,
    (draft, seconds) => {
      draft.timeouts.streamMs = seconds * 1_000;
    },
  ),
  num_retries: supported(
    'attempts after the first; of the deployments of one name the highest counts',
    countOf,
    (draft, retries) => {
      draft.maxRetries = retries;
    },
  ),
  max_retries: ignored('repeating is done in one place: num_retries says how often'),
  cooldown_time: ignored('all deployments rest alike: router_settings.cooldown_time says how long'),
  tags: supported('calls that share one of them with it', textsOf, takeTags),
  tag_regex: ignored("deployments are not chosen by clients' programs"),
  region_name: ignored('deployments are not chosen by region'),
  ...each(
    ['max_budget', 'budget_duration'],
    refused('a deployment has no budget of its own here, and would be asked without one'),
  ),
  max_file_size_mb: ignored('general_settings.max_request_size_mb bounds what may be uploaded'),
  ...each(
    ['default_api_key_tpm_limit', 'default_api_key_rpm_limit'],
    refused('keys have no limits by deployment here, and would be without one'),
  ),

  drop_params: supported('what the vendor has no word for is dropped instead of refused', flagOf, (draft, drop) => {
    draft.details.dropUnsupported = drop;
  }),
  ...each(
    ['additional_drop_params', 'allowed_openai_params'],
    ignored('each vendor has its own list of what it knows'),
  ),
  modify_params: ignored('requests are translated, and not repaired beyond that'),
  merge_reasoning_content_in_choices: ignored('reasoning stays in reasoning_content'),
  ...each(
    ['extra_headers', 'headers'],
    supported<DeploymentDraft, Record<string, string>>('headers of every request', textMapOf, (draft, headers) => {
      Object.assign(draft.headers, headers);
    }),
  ),
  extra_body: ignored(NO_PRESETS),
  configurable_clientside_auth_params: ignored('clients never choose credentials or addresses'),
  use_in_pass_through: ignored('there are no pass-through routes'),
  use_litellm_proxy: supported('the vendor is another LiteLLM proxy', flagOf, (draft, isProxy) => {
    if (isProxy) draft.vendor = 'litellm_proxy';
  }),
  mock_response: refused('answers are not made up here: @portico/testing has a provider that does'),
  ...each(['model_info', 'litellm_trace_id'], ignored('belongs elsewhere; it has no effect here')),
  base_model: supported('the model by its own name, for its price and what it accepts', textOf, (draft, model) => {
    draft.details.baseModel = model;
  }),
  max_tokens: supported(
    'the bound of an answer where the vendor demands one, and what is reserved from budgets',
    countOf,
    (draft, tokens) => {
      draft.details.maxOutputTokens = tokens;
    },
  ),
  ...PRICE_KEYS,

  cache_control_injection_points: ignored('marks for the prompt cache come from the client'),
  ...each(
    [
      'auto_router_config',
      'auto_router_config_path',
      'auto_router_default_model',
      'auto_router_embedding_model',
      'complexity_router_config',
      'complexity_router_default_model',
    ],
    refused('no router here chooses by what is asked: name the models'),
  ),
  guardrails: refused('guardrails are not bound to a model here, and it would be asked without them'),
  ...each(
    ['prompt_id', 'prompt_variables', 'prompt_version', 'prompt_label', 'langfuse_prompt_version'],
    refused(NO_PROMPTS),
  ),
  silent_model: ignored('no copy is sent to another model'),
  ...each(
    ['roles', 'initial_prompt_value', 'final_prompt_value', 'bos_token', 'eos_token', 'hf_model_name'],
    refused('prompts are not made from templates here: use an address that takes chat messages'),
  ),
  ...each(
    ['user_continue_message', 'assistant_continue_message', 'ensure_alternating_roles', 'supports_system_message'],
    ignored('messages are translated for each vendor, and not repaired beyond that'),
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
    refused(
      'signing in to Microsoft Entra takes code: give azure_ad_token, or a tokenProvider where the gateway is made',
    ),
  ),
  vertex_project: supported<DeploymentDraft, string>("the project's id", textOf, (draft, project) => {
    draft.options.project = project;
  }),
  vertex_location: supported<DeploymentDraft, string>('the place', textOf, (draft, location) => {
    draft.options.location = location;
  }),
  vertex_credentials: supported('the key file: its text, its path or its values', keyFileOf, (draft, credentials) => {
    draft.options.credentials = credentials;
  }),
  project_id: supported('the project, for watsonx', textOf, optionOf('watsonx', 'projectId')),
  space_id: supported('the space, for watsonx', textOf, optionOf('watsonx', 'spaceId')),
  watsonx_region_name: supported('the region, for watsonx', textOf, optionOf('watsonx', 'region')),
  token: supported('the token, for watsonx', credentialOf, optionOf('watsonx', 'token')),
  num_ctx: supported('the tokens of the context, for ollama', countOf, optionOf('ollama', 'numCtx')),
  keep_alive: supported('how long the model stays loaded, for ollama', textOf, optionOf('ollama', 'keepAlive')),
  ...each(
    ['s3_bucket_name', 's3_region_name', 's3_encryption_key_id', 'aws_batch_role_arn', 'gcs_bucket_name'],
    ignored('there are no batches and files'),
  ),
  ...each(
    ['vector_store_id', 'milvus_text_field', 'vector_bucket_name', 'index_name', 'embedding_model'],
    ignored('there are no vector stores'),
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
    ignoredWhatever(NO_PRESETS),
  ),
};

/** Sets an option of one vendor's; for deployments of others it says nothing. */
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
    supported<DeploymentDraft, number>(
      'the longest answer: what is reserved from budgets',
      countOf,
      (draft, tokens) => {
        draft.details.maxOutputTokens = tokens;
      },
    ),
  ),
  supported_environments: supported(
    'where it is asked: only where LITELLM_ENVIRONMENT is one of them',
    textsOf,
    (draft, names, _node, reading) => {
      const here = reading.environment.LITELLM_ENVIRONMENT;
      if (here === undefined || names.includes(here)) return undefined;
      draft.leftOut = true;
      return { verdict: 'supported', says: `not asked in ${here}: the deployment is left out` };
    },
  ),
  max_input_tokens: supported(
    'the longest input; where enable_pre_call_checks is on, longer ones go to others',
    countOf,
    (draft, tokens) => {
      if (draft.settings.checksInputs) draft.abilities.inputTokens = tokens;
    },
  ),
  supports_function_calling: ability('tools'),
  supports_vision: ability('images'),
  supports_audio_input: ability('audio'),
  supports_pdf_input: ability('files'),
  supports_response_schema: ability('jsonSchema'),
  access_groups: supported(
    'lists of models by name, which code gives to keys: "accessGroups" of what is loaded',
    textsOf,
    (draft, groups) => {
      draft.accessGroups = groups;
    },
  ),
  ...each(
    ['team_id', 'team_public_model_name'],
    refused('models do not belong to teams here: everybody with a key could ask this one'),
  ),
  ...each(['tpm', 'rpm'], ignored('litellm_params.rpm and .tpm are what is looked at')),
  custom_tokenizer: ignored('tokens are estimated before a call and counted by the vendor after it'),
  ...each(
    [
      'health_check_model',
      'health_check_timeout',
      'health_check_voice',
      'health_check_max_tokens',
      'disable_background_health_check',
    ],
    ignored('models are not asked in the background; /health asks each once'),
  ),
  ...each(
    ['mode', 'tier', 'version', 'db_model', 'created_at', 'created_by', 'updated_at', 'updated_by'],
    supported('shown at /v1/model/info'),
  ),
  ...PRICE_KEYS,
};

/** Only a `false` says something: what a model can do is taken for granted. */
function ability(name: 'tools' | 'images' | 'audio' | 'files' | 'jsonSchema'): KeyRows<DeploymentDraft>[string] {
  return supported('calls that need it go to deployments that have it', flagOf, (draft, has) => {
    if (!has) draft.abilities[name] = false;
  });
}

/** The tag of deployments for calls without a tag of theirs. */
const UNTAGGED = 'default';

function takeTags(draft: DeploymentDraft, tags: readonly string[]): Judgement | undefined {
  if (!draft.settings.filtersByTags) {
    return { verdict: 'ignored', says: 'deployments are chosen by tags only where enable_tag_filtering is on' };
  }
  if (!tags.includes(UNTAGGED)) draft.tags = tags;
  else if (tags.length > 1) {
    return {
      verdict: 'refused',
      says: `a deployment is for calls of some tags or, as "${UNTAGGED}", for all others: make two of it`,
    };
  }
  return undefined;
}

interface Name {
  readonly text: string;
  readonly node: ConfigNode;
}

function nameOf(node: ConfigNode, reading: Reading): Name | undefined {
  const text = textOf(node, reading);
  return text === undefined ? undefined : { text, node };
}

function nodeOf(node: ConfigNode): ConfigNode {
  return node;
}

function credentialOf(node: ConfigNode, reading: Reading) {
  const text = textOf(node, reading);
  return text === undefined ? undefined : secret(text);
}

function organizationsOf(node: ConfigNode, reading: Reading): readonly string[] | undefined {
  if (node.kind === 'list') return textsOf(node, reading);
  const one = textOf(node, reading);
  return one === undefined ? undefined : [one];
}

function keyFileOf(node: ConfigNode, reading: Reading): unknown {
  if (node.kind !== 'map') return credentialOf(node, reading);
  return plainValue(node);
}
