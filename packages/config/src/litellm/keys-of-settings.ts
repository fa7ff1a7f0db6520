import type { Plugin } from '@portico/core';
import { COMPAT_SAYS, readCompat } from '../read-compat.js';
import { countOf, flagOf, itemsOf, numberOf, type Reading, textOf } from '../reading.js';
import { REDIS_SAYS } from '../shared-redis.js';
import type { ConfigNode } from '../yaml/config-node.js';
import type { SettingsDraft } from './draft.js';
import { each, ignored, type Judgement, type KeyRows, refused, supported } from './key-row.js';
import { retriesByKind, retriesByModel, takeChecks, takeStrategy } from './keys-of-routing.js';
import { readRedisOfCache, redisRows } from './read-redis.js';

const NO_DATABASE = 'keys, users and spending are not kept in a database: the keys are those of this file';
const NO_CACHE = 'answers are not cached: every call asks a model';
const NO_PYTHON = 'this is Python: give the hook in code, where the gateway is made';
const NO_ALERTS = 'nobody is alerted from here: the log says what happens';
const NO_PASS_THROUGH = 'there are no pass-through routes';
const NO_MCP = 'there is no MCP gateway here';
const NO_DASHBOARD = 'there is no dashboard';
const NO_PROMPTS = 'prompts are not managed here';
const NO_TELEMETRY = 'nothing is measured under these names; hooks in code see every call';

/** What both `litellm_settings` and `router_settings` may say; the latter wins. */
const RELIABILITY: KeyRows<SettingsDraft> = {
  num_retries: supported('attempts after the first, of one model', countOf, (draft, retries) => {
    draft.maxRetries = retries;
  }),
  fallbacks: supported('models to ask when one cannot answer, or cannot hold the input', nodeOf, (draft, node) => {
    draft.fallbacks = node;
  }),
  context_window_fallbacks: supported('models to ask when the input is too long', nodeOf, (draft, node) => {
    draft.contextFallbacks = node;
  }),
  content_policy_fallbacks: supported('models to ask when a content filter refused', nodeOf, (draft, node) => {
    draft.contentFallbacks = node;
  }),
  default_fallbacks: supported(
    'models to ask when a model without fallbacks of its own cannot answer',
    nodeOf,
    (draft, node) => {
      draft.defaultFallbacks = node;
    },
  ),
  max_fallbacks: ignored('each model is asked once at most'),
  allowed_fails: supported('failures in a row that a deployment may have before it rests', countOf, (draft, fails) => {
    draft.cooldowns.failuresInARow = fails + 1;
  }),
  cooldown_time: supported('seconds of rest after failures', numberOf, (draft, seconds) => {
    draft.cooldowns.restMs = seconds * 1_000;
  }),
};

/** `litellm_settings` */
export const LITELLM_SETTINGS_KEYS: KeyRows<SettingsDraft> = {
  ...RELIABILITY,
  drop_params: supported('what a vendor has no word for is dropped instead of refused', flagOf, (draft, drop) => {
    draft.dropUnsupported = drop;
  }),
  modify_params: ignored('requests are translated, and not repaired beyond that'),
  ...each(
    [
      'enable_preview_features',
      'add_function_to_prompt',
      'enable_json_schema_validation',
      'disable_stop_sequence_limit',
      'reasoning_auto_summary',
      'use_chat_completions_url_for_anthropic_messages',
      'route_all_chat_openai_to_responses',
      'disable_add_transform_inline_image_block',
      'disable_add_prefix_to_prompt',
      'disable_hf_tokenizer_download',
      'disable_anthropic_gemini_context_caching_transform',
      'disable_copilot_system_to_assistant',
      'vertex_ai_safety_settings',
      'safe_memory_mode',
      'enable_azure_ad_token_refresh',
      'merge_reasoning_content_in_choices',
    ],
    ignored('translations have no such switch'),
  ),
  model_alias_map: supported('other names of models', nodeOf, (draft, node) => {
    draft.modelAliasMap = node;
  }),
  custom_provider_map: refused(NO_PYTHON),
  num_retries_per_request: ignored('num_retries and the deadline bound a request'),
  request_timeout: supported('seconds of silence, before and in an answer', numberOf, (draft, seconds) => {
    draft.timeouts.wholeMs ??= seconds * 1_000;
  }),
  ...each(
    [
      'force_ipv4',
      'ssl_certificate',
      'ssl_security_level',
      'ssl_ecdh_curve',
      'disable_aiohttp_transport',
      'aiohttp_trust_env',
      'disable_aiohttp_trust_env',
    ],
    ignored("sockets are Node's: NODE_EXTRA_CA_CERTS and NODE_OPTIONS steer them"),
  ),
  ssl_verify: ignored('certificates are always checked; NODE_EXTRA_CA_CERTS adds an authority'),
  network_mock: refused('answers are not made up here: @portico/testing has a provider that does'),
  headers: refused('headers belong to a deployment: litellm_params.extra_headers'),
  ...each(
    ['api_base', 'api_key', 'api_version', 'organization', 'project'],
    refused('belongs to a deployment, or every vendor would be shown it: move it to litellm_params'),
  ),

  ...each(
    [
      'callbacks',
      'success_callback',
      'failure_callback',
      'input_callback',
      'service_callback',
      'service_callbacks',
      'audit_log_callbacks',
    ],
    supported<SettingsDraft, readonly ConfigNode[]>('plugins by their names', callbacksOf, takeCallbacks),
  ),
  ...each(
    ['turn_off_message_logging', 'redact_user_api_key_info', 'redact_messages_in_exceptions'],
    supported('always so: records, errors and logs hold no messages and no keys'),
  ),
  ...each(
    [
      'log_raw_request_response',
      'standard_logging_payload_excluded_fields',
      'disable_streaming_logging',
      'allow_dynamic_callback_disabling',
      'logged_real_time_event_types',
      'cold_storage_custom_logger',
      'langfuse_default_tags',
      'langsmith_batch_size',
      'argilla_transformation_object',
      'argilla_batch_size',
      'datadog_params',
      'datadog_llm_observability_params',
      'datadog_use_v1',
      's3_callback_params',
      'aws_sqs_callback_params',
      'generic_logger_headers',
      'gcs_pub_sub_use_v1',
      'generic_api_use_v1',
      'dynamodb_table_name',
    ],
    ignored('plugins have settings of their own'),
  ),
  store_audit_logs: ignored('nothing is administered here that could be audited'),
  filter_invalid_headers: ignored('no headers of clients are handed on'),
  ...each(
    ['add_user_information_to_llm_headers', 'forward_traceparent_to_llm_provider'],
    ignored('vendors are told nothing of who asks'),
  ),
  ...each(
    ['json_logs', 'set_verbose', 'suppress_debug_info', 'telemetry'],
    ignored('the log is one line of JSON each, and nobody else is told'),
  ),
  ...each(
    [
      'prometheus_metrics_config',
      'custom_prometheus_metadata_labels',
      'custom_prometheus_tags',
      'prometheus_initialize_budget_metrics',
      'prometheus_emit_stream_label',
      'require_auth_for_metrics_endpoint',
      'disable_end_user_cost_tracking',
      'disable_end_user_cost_tracking_prometheus_only',
      'enable_end_user_cost_tracking_prometheus_only',
    ],
    ignored(NO_TELEMETRY),
  ),
  ...each(
    [
      'enable_redis_auth_cache',
      'default_in_memory_ttl',
      'default_redis_ttl',
      'default_redis_batch_cache_expiry',
      'enable_caching_on_provider_specific_optional_params',
    ],
    ignored(NO_CACHE),
  ),
  cache: {
    ...ignored(NO_CACHE),
    read(node, draft, reading) {
      draft.caches = flagOf(node, reading) ?? draft.caches;
      return undefined;
    },
  },
  cache_params: {
    ...ignored(NO_CACHE),
    read(node, draft, reading) {
      if (!readRedisOfCache(node, draft.cacheRedis, reading)) return undefined;
      return { verdict: 'supported', says: `${REDIS_SAYS}; ${NO_CACHE}` };
    },
  },
  ...each(['cost_discount_config', 'cost_margin_config'], ignored('costs are what vendors charge')),
  include_cost_in_streaming_usage: ignored('costs are in usage records, not in answers'),
  max_budget: supported('US dollars that may be spent', numberOf, (draft, dollars) => {
    draft.budgetUsd = dollars;
  }),
  budget_duration: supported('the period of the budget', textAndNode, (draft, period) => {
    draft.budgetPeriod = period;
  }),
  ...each(
    [
      'max_end_user_budget',
      'max_end_user_budget_id',
      'max_internal_user_budget',
      'internal_user_budget_duration',
      'default_max_internal_user_budget',
      'tag_budget_config',
    ],
    refused('there are no budgets of end users, internal users and tags here, and they would spend without one'),
  ),
  ...each(
    ['default_soft_budget', 'max_ui_session_budget', 'timezone'],
    ignored('has no part in the budget of this file; periods are those of UTC'),
  ),
  ...each(
    ['extra_spend_tag_headers', 'disable_add_user_agent_to_request_tags'],
    ignored('calls are not tagged by their headers'),
  ),
  ...each(
    [
      'default_key_generate_params',
      'upperbound_key_generate_params',
      'key_generation_settings',
      'default_internal_user_params',
      'default_team_params',
      'default_team_settings',
      'enable_key_alias_format_validation',
    ],
    ignored('no keys, users or teams are made here'),
  ),
  ...each(
    ['public_model_groups', 'public_model_groups_links', 'public_agent_groups', 'public_mcp_servers'],
    ignored('there are no public pages'),
  ),
  ...each(
    ['priority_reservation', 'priority_reservation_settings'],
    ignored('no share of the traffic is kept for anybody'),
  ),
  ...each(
    [
      'guardrails',
      'llamaguard_model_name',
      'openai_moderations_model_name',
      'google_moderation_confidence_threshold',
      'blocked_user_list',
      'banned_keywords_list',
      'llm_guard_mode',
      'presidio_ad_hoc_recognizers',
      'output_parse_pii',
      'prompt_injection_params',
      'pre_call_rules',
      'post_call_rules',
    ],
    refused('there is no such guardrail here, and calls would go through without it'),
  ),
  skip_system_message_in_guardrail: ignored('guardrails are plugins with settings of their own'),
  mcp_aliases: ignored(NO_MCP),
  model_group_settings: ignored('no headers of clients are handed on'),
  ...each(['global_prompt_directory', 'global_bitbucket_config', 'global_gitlab_config'], ignored(NO_PROMPTS)),
  responses: ignored('there is no background mode'),
  enable_loadbalancing_on_batch_endpoints: ignored('there are no batches and files'),
  check_provider_endpoint: ignored('the models are those of this file'),
  return_response_headers: ignored('headers of vendors are not handed on'),
  websearch_interception_params: ignored('searches are left to the vendors'),
  use_litellm_proxy: refused('belongs to a deployment: litellm_params.use_litellm_proxy'),
};

/** `router_settings` */
export const ROUTER_KEYS: KeyRows<SettingsDraft> = {
  ...RELIABILITY,
  routing_strategy: supported('deployments are picked by chance, in proportion to their weights', nodeOf, takeStrategy),
  routing_strategy_args: ignored('the strategy has no settings'),
  retry_after: supported('seconds before the first repetition; later ones wait longer', numberOf, (draft, seconds) => {
    if (seconds > 0) draft.baseDelayMs = seconds * 1_000;
  }),
  retry_policy: supported('attempts after the first, by what failed', retriesByKind, (draft, byKind) => {
    draft.retriesByKind = byKind;
  }),
  model_group_retry_policy: supported('the same for some models', retriesByModel, (draft, byModel) => {
    draft.retriesByModel = byModel;
  }),
  allowed_fails_policy: ignored('how many failures let a deployment rest does not depend on what failed'),
  disable_cooldowns: supported('deployments rest only for as long as a vendor asks', flagOf, (draft, disable) => {
    if (disable) Object.assign(draft.cooldowns, { restMs: 0, quotaRestMs: 0 });
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
  model_group_alias: supported('other names of models', nodeOf, (draft, node) => {
    draft.aliases = node;
  }),
  enable_pre_call_checks: supported(
    'calls that are too long for a deployment, or more than its rpm and tpm, go to others',
    flagOf,
    (draft, checks) => {
      draft.checksInputs = checks;
      draft.keepsRates ||= checks;
    },
  ),
  optional_pre_call_checks: supported('what calls stick to deployments by', nodeOf, takeChecks),
  ...each(
    ['deployment_affinity_ttl_seconds', 'model_group_affinity_config'],
    ignored('calls stick for as long as the deployments stay the same, by what optional_pre_call_checks say'),
  ),
  enable_tag_filtering: supported(
    'calls go to deployments that share a tag with whoever makes them; with "compat: litellm", or with the request',
    flagOf,
    (draft, filters) => {
      draft.filtersByTags = filters;
    },
  ),
  tag_filtering_match_any: supported('one tag in common is enough', flagOf, (_draft, any) => {
    if (any) return undefined;
    return {
      verdict: 'refused',
      says: 'one tag in common is enough here: calls would reach deployments of other tags',
    };
  }),
  provider_budget_config: refused('vendors have no budgets here, and would be asked without one'),
  ...each(['default_priority', 'polling_interval'], ignored('calls do not queue by priority')),
  default_max_parallel_requests: supported('calls that a deployment may have under way', countOf, (draft, calls) => {
    draft.usualConcurrentCalls = calls;
  }),
  default_litellm_params: ignored('calls go out with what the client asks for: parameters are not preset here'),
  ...redisRows('redis_', ['host', 'port', 'password', 'url', 'db']),
  cache_kwargs: ignored('the connection to Redis has no other settings here'),
  ...each(['cache_responses', 'caching_groups', 'client_ttl'], ignored(NO_CACHE)),
  alerting_config: ignored(NO_ALERTS),
  assistants_config: ignored('there are no assistants'),
  search_tools: ignored('there are no search tools'),
  guardrail_list: refused('guardrails stand under "guardrails" at the top of the file'),
  router_general_settings: ignored('only models of this file are asked'),
  ...each(
    ['enable_health_check_routing', 'health_check_staleness_threshold', 'health_check_ignore_transient_errors'],
    ignored('deployments rest after failures of calls; they are not asked in the background'),
  ),
  ...each(['health_check_interval', 'health_check_concurrency'], refused('belongs to general_settings')),
  ignore_invalid_deployments: ignored('a deployment that cannot work is an error at the start'),
  ...each(['set_verbose', 'debug_level'], ignored('the log is one line of JSON each')),
};

/** `general_settings` */
export const GENERAL_KEYS: KeyRows<SettingsDraft> = {
  master_key: supported('the key that callers show', textAndNode, (draft, key) => {
    draft.masterKey = key;
    const { length } = key.text;
    if (length >= SHORTEST_KEY) return undefined;
    return {
      verdict: 'supported',
      says: `the key that callers show; ${length} characters can be guessed, so only this machine is served unless --host says otherwise: use ${SHORTEST_KEY}, made at random`,
    };
  }),
  ...each(
    [
      'database_url',
      'database_connection_pool_limit',
      'database_connection_timeout',
      'database_connection_pool_timeout',
      'store_model_in_db',
      'supported_db_objects',
      'allow_requests_on_db_unavailable',
      'disable_prisma_schema_update',
      'disable_spend_logs',
      'disable_spend_updates',
      'disable_error_logs',
      'disable_reset_budget',
      'disable_adding_master_key_hash_to_db',
      'disable_master_key_return',
      'store_prompts_in_spend_logs',
      'maximum_spend_logs_retention_period',
      'maximum_spend_logs_retention_interval',
      'maximum_spend_logs_cleanup_cron',
      'proxy_batch_write_at',
      'proxy_budget_rescheduler_min_time',
      'proxy_budget_rescheduler_max_time',
      'use_redis_transaction_buffer',
      'database_type',
      'database_args',
      'user_api_key_cache_ttl',
      'fail_closed_budget_enforcement',
      'disable_budget_reservation',
    ],
    ignored(NO_DATABASE),
  ),
  disable_retry_on_max_parallel_request_limit_error: ignored("the gateway's own limits are never repeated"),
  disable_responses_id_security: ignored('there are no stored answers'),
  proxy_batch_polling_interval: ignored('there are no batches and files'),
  ...each(
    ['completion_model', 'embedding_model', 'image_generation_model', 'moderation_model'],
    refused('the model a client asks for is the one that answers: name it in model_list or as an alias'),
  ),
  infer_model_from_keys: ignored('the models are those of this file'),
  max_parallel_requests: supported('calls a key may have under way at a time', countOf, (draft, calls) => {
    draft.concurrentCalls = calls;
  }),
  global_max_parallel_requests: ignored('only keys have a bound of calls under way; max_parallel_requests sets it'),
  max_request_size_mb: supported('the largest body of a request', numberOf, (draft, megabytes) => {
    if (megabytes > 0) draft.maxBodyBytes = Math.ceil(megabytes * 1_048_576);
  }),
  max_response_size_mb: ignored('answers are not held, so nothing bounds them'),
  ...each(
    ['allowed_routes', 'public_routes', 'admin_only_routes', 'enforced_params', 'enforce_user_param', 'allowed_ips'],
    refused('nothing here keeps callers out that way, and they would get in'),
  ),
  reject_clientside_metadata_tags: supported(
    'tags of clients count only with "compat: litellm"',
    flagOf,
    (draft, rejects) => {
      if (!rejects || !draft.isCompatible) return undefined;
      return { verdict: 'refused', says: 'tags of clients count with "compat: litellm"' };
    },
  ),
  ...each(
    [
      'custom_auth',
      'custom_auth_run_common_checks',
      'custom_key_generate',
      'custom_key_update',
      'custom_sso',
      'custom_ui_sso_sign_in_handler',
    ],
    refused(NO_PYTHON),
  ),
  litellm_key_header_name: supported('the header that keys are shown in', textAndNode, (draft, header) => {
    draft.keyHeader = header;
    if (draft.isCompatible) return undefined;
    return {
      verdict: 'refused',
      says: 'keys are shown as "Authorization: Bearer", "x-api-key" or "api-key"; with "compat: litellm" at the top of the file, in this header as well',
    };
  }),
  ...each(
    [
      'enable_jwt_auth',
      'litellm_jwtauth',
      'enforce_rbac',
      'role_permissions',
      'enable_oauth2_auth',
      'enable_oauth2_proxy_auth',
      'oauth2_config_mappings',
      'allow_user_auth',
      'service_account_settings',
    ],
    refused('callers are known by keys here; for tokens, mount the gateway in an app of yours and give "authenticate"'),
  ),
  allow_client_side_credentials: ignored('clients never choose credentials or addresses'),
  ...each(['user_header_name', 'user_header_mappings'], ignored('end users are not told apart by headers')),
  use_x_forwarded_for: ignored('addresses have no part in who may call'),
  ...each(
    ['forward_client_headers_to_llm_api', 'forward_openai_org_id', 'forward_llm_provider_auth_headers'],
    ignored('no headers of clients are handed on'),
  ),
  ...each(['pass_through_endpoints', 'use_client_credentials_pass_through_routes'], ignored(NO_PASS_THROUGH)),
  ...each(
    [
      'background_health_checks',
      'health_check_interval',
      'health_check_concurrency',
      'health_check_details',
      'use_shared_health_check',
      'enable_health_check_routing',
      'health_check_staleness_threshold',
      'health_check_ignore_transient_errors',
    ],
    ignored('models are not asked in the background; /health asks each once'),
  ),
  ...each(
    [
      'alerting',
      'alerting_threshold',
      'alert_types',
      'alert_to_webhook_url',
      'alerting_args',
      'alert_type_config',
      'spend_report_frequency',
    ],
    ignored(NO_ALERTS),
  ),
  ...each(
    ['key_management_system', 'key_management_settings', 'use_azure_key_vault', 'use_google_kms'],
    refused('secrets are read from the environment alone: have them put there'),
  ),
  ...each(
    [
      'default_team_disabled',
      'ui_access_mode',
      'enable_public_model_hub',
      'auto_redirect_ui_login_to_sso',
      'control_plane_url',
    ],
    ignored(NO_DASHBOARD),
  ),
  litellm_license: ignored('there is nothing to license'),
  always_include_stream_usage: ignored('clients get usage in a stream if they ask for it; records always have it'),
  token_rate_limit_type: ignored('this file limits no tokens'),
  ...each(
    [
      'mcp_client_side_auth_header_name',
      'mcp_internal_ip_ranges',
      'mcp_trusted_proxy_ranges',
      'mcp_required_fields',
      'enable_mcp_registry',
      'user_mcp_management_mode',
      'require_end_user_mcp_access_defined',
    ],
    ignored(NO_MCP),
  ),
  search_tools: ignored('there are no search tools'),
  otel: ignored(NO_TELEMETRY),
};

/** The top of the file. */
export const TOP_KEYS: KeyRows<SettingsDraft> = {
  compat: supported(COMPAT_SAYS, readCompat, (draft, isCompatible) => {
    draft.isCompatible ||= isCompatible;
  }),
  // These are read apart, key by key.
  model_list: supported('the models'),
  litellm_settings: supported('read key by key'),
  router_settings: supported('read key by key'),
  general_settings: supported('read key by key'),
  guardrails: supported('read one by one'),
  include: supported('other files that belong to this one'),
  environment_variables: supported('variables this file refers to, and where credentials are looked for'),
  credential_list: supported('credentials by name'),
  callback_settings: ignored('plugins have settings of their own'),
  ...each(
    ['policies', 'policy_attachments'],
    refused('guardrails are bound to nobody here, and calls would go through without them'),
  ),
  prompts: refused(NO_PROMPTS),
  ...each(['mcp_servers', 'mcp_tools'], ignored(NO_MCP)),
  agent_list: ignored('there are no agents'),
  vector_store_registry: ignored('there are no vector stores'),
  search_tools: ignored('there are no search tools'),
  assistant_settings: ignored('there are no assistants'),
  finetune_settings: ignored('there is no fine-tuning'),
  files_settings: ignored('there are no batches and files'),
  default_vertex_config: ignored(NO_PASS_THROUGH),
  worker_registry: ignored('every process stands alone'),
};

/** `credential_list[]` */
export const CREDENTIAL_KEYS: KeyRows<unknown> = {
  credential_name: supported('the name deployments refer to it by'),
  credential_values: supported('what is merged into their litellm_params'),
  credential_info: ignored('a description'),
};

/** `guardrails[]` */
export const GUARDRAIL_KEYS: KeyRows<unknown> = {
  guardrail_name: supported('the name of a plugin'),
  litellm_params: supported('read with the name'),
  guardrail_id: ignored('plugins are known by their names'),
  guardrail_info: ignored('a description'),
};

/** What the gateway accepts as a virtual key. */
export const SHORTEST_KEY = 20;

function callbacksOf(node: ConfigNode, reading: Reading): readonly ConfigNode[] {
  // LiteLLM takes one name for a list of one.
  return node.kind === 'scalar' && node.value !== null ? [node] : itemsOf(node, reading);
}

function takeCallbacks(
  draft: SettingsDraft,
  names: readonly ConfigNode[],
  _node: ConfigNode,
  reading: Reading,
): Judgement | undefined {
  const missing: string[] = [];
  for (const node of names) {
    const name = textOf(node, reading);
    if (name === undefined) continue;
    const plugin = offeredPlugin(draft, name);
    if (plugin === undefined) missing.push(name);
    else draft.plugins.add(plugin);
  }
  if (missing.length === 0) return undefined;
  return {
    verdict: 'ignored',
    says: `no plugin is given as ${missing.map((name) => `"${name}"`).join(' or ')}, so nothing is told there`,
  };
}

/** The plugin that the host gives under a name. */
export function offeredPlugin(draft: SettingsDraft, name: string): Plugin | undefined {
  return Object.hasOwn(draft.offered, name) ? draft.offered[name] : undefined;
}

function nodeOf(node: ConfigNode): ConfigNode {
  return node;
}

function textAndNode(node: ConfigNode, reading: Reading): { text: string; node: ConfigNode } | undefined {
  const text = textOf(node, reading);
  return text === undefined ? undefined : { text, node };
}
