import type { Plugin } from '@portico/core';
import { COMPAT_MESSAGE, readCompat } from '../read-compat.js';
import { countOf, flagOf, itemsOf, numberOf, type ReadContext, textOf } from '../read-context.js';
import { REDIS_MESSAGE } from '../shared-redis.js';
import type { ConfigNode } from '../yaml/config-node.js';
import type { SettingsDraft } from './draft.js';
import { each, ignored, type KeyRows, type KeyVerdict, refused, supported } from './key-row.js';
import { readRedisOfCache, redisRows } from './read-redis.js';
import { retriesByKind, retriesByModel, takeChecks, takeStrategy } from './routing-keys.js';

const NO_DATABASE = 'there is no database of keys, users and spending: the keys are those of this file';
const NO_CACHE = 'answers are not cached: every call is sent to a model';
const NO_PYTHON = 'this is Python: pass a hook to createGateway instead';
const NO_ALERTS = 'alerts are not supported: see the log';
const NO_PASS_THROUGH =
  'pass-through routes are not read from this key: set "passThrough" in the gateway\'s own configuration';
const NO_MCP = 'MCP is not supported';
const NO_DASHBOARD = 'a dashboard is not supported';
const NO_PROMPTS = 'prompt management is not supported';
const NO_TELEMETRY = 'these metrics are not supported; hooks in code see every call';

/** Keys in both `litellm_settings` and `router_settings`; the latter take precedence. */
const RELIABILITY: KeyRows<SettingsDraft> = {
  num_retries: supported('attempts after the first, of one model', countOf, (draft, retries) => {
    draft.maxRetries = retries;
  }),
  fallbacks: supported('models to try when one cannot answer, or the input is too long', nodeOf, (draft, node) => {
    draft.fallbacks = node;
  }),
  context_window_fallbacks: supported('models to try when the input is too long', nodeOf, (draft, node) => {
    draft.contextFallbacks = node;
  }),
  content_policy_fallbacks: supported('models to try when a content filter rejects a call', nodeOf, (draft, node) => {
    draft.contentFallbacks = node;
  }),
  default_fallbacks: supported(
    'models to try when a model without fallbacks of its own cannot answer',
    nodeOf,
    (draft, node) => {
      draft.defaultFallbacks = node;
    },
  ),
  max_fallbacks: ignored('each model is tried at most once'),
  allowed_fails: supported('failures in a row before a deployment goes into cooldown', countOf, (draft, fails) => {
    draft.cooldowns.failuresInARow = fails + 1;
  }),
  cooldown_time: supported('seconds of cooldown after failures', numberOf, (draft, seconds) => {
    draft.cooldowns.cooldownMs = seconds * 1_000;
  }),
};

/** `litellm_settings` */
export const LITELLM_SETTINGS_KEYS: KeyRows<SettingsDraft> = {
  ...RELIABILITY,
  drop_params: supported('unsupported parameters are dropped instead of rejected', flagOf, (draft, drop) => {
    draft.dropUnsupported = drop;
  }),
  modify_params: ignored('requests are translated, but not repaired'),
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
    ignored('translations have no such option'),
  ),
  model_alias_map: supported('aliases of models', nodeOf, (draft, node) => {
    draft.modelAliasMap = node;
  }),
  custom_provider_map: refused(NO_PYTHON),
  num_retries_per_request: ignored('num_retries and the deadline limit a request'),
  request_timeout: supported('seconds without data, before and during an answer', numberOf, (draft, seconds) => {
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
    ignored('sockets are configured by Node: NODE_EXTRA_CA_CERTS and NODE_OPTIONS'),
  ),
  ssl_verify: ignored('certificates are always checked; NODE_EXTRA_CA_CERTS adds an authority'),
  network_mock: refused('mock answers are not supported: use the fake provider of @portico/testing'),
  headers: refused('headers belong to a deployment: litellm_params.extra_headers'),
  ...each(
    ['api_base', 'api_key', 'api_version', 'organization', 'project'],
    refused('belongs to a deployment, or every vendor would get it: move it to litellm_params'),
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
  store_audit_logs: ignored('audit logs are not supported'),
  filter_invalid_headers: ignored('client headers are not forwarded'),
  ...each(
    ['add_user_information_to_llm_headers', 'forward_traceparent_to_llm_provider'],
    ignored('vendors get no information about the caller'),
  ),
  ...each(
    ['json_logs', 'set_verbose', 'suppress_debug_info', 'telemetry'],
    ignored('the log is one line of JSON per entry, and nothing else is notified'),
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
      return { verdict: 'supported', message: `${REDIS_MESSAGE}; ${NO_CACHE}` };
    },
  },
  ...each(['cost_discount_config', 'cost_margin_config'], ignored('costs are the prices of vendors')),
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
    refused('budgets of end users, internal users and tags are not supported, and would not be applied'),
  ),
  ...each(
    ['default_soft_budget', 'max_ui_session_budget', 'timezone'],
    ignored('has no effect on the budget of this file; periods are in UTC'),
  ),
  ...each(
    ['extra_spend_tag_headers', 'disable_add_user_agent_to_request_tags'],
    ignored('tags from headers are not supported'),
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
    ignored('keys, users and teams cannot be created here'),
  ),
  ...each(
    ['public_model_groups', 'public_model_groups_links', 'public_agent_groups', 'public_mcp_servers'],
    ignored('public pages are not supported'),
  ),
  ...each(
    ['priority_reservation', 'priority_reservation_settings'],
    ignored('reserved shares of the traffic are not supported'),
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
    refused('this guardrail is not available, and calls would not be checked'),
  ),
  skip_system_message_in_guardrail: ignored('guardrails are plugins with settings of their own'),
  mcp_aliases: ignored(NO_MCP),
  model_group_settings: ignored('client headers are not forwarded'),
  ...each(['global_prompt_directory', 'global_bitbucket_config', 'global_gitlab_config'], ignored(NO_PROMPTS)),
  responses: ignored('the model polling of background mode is not supported'),
  enable_loadbalancing_on_batch_endpoints: ignored(
    'files and batches work without it: a batch uses the deployment of its file',
  ),
  check_provider_endpoint: ignored('the models are those of this file'),
  return_response_headers: ignored('vendor headers are not forwarded'),
  websearch_interception_params: ignored('searches are run by the vendors'),
  use_litellm_proxy: refused('belongs to a deployment: litellm_params.use_litellm_proxy'),
};

/** `router_settings` */
export const ROUTER_KEYS: KeyRows<SettingsDraft> = {
  ...RELIABILITY,
  routing_strategy: supported('deployments are chosen at random, in proportion to their weights', nodeOf, takeStrategy),
  routing_strategy_args: ignored('the strategy has no settings'),
  retry_after: supported('seconds before the first retry; later ones wait longer', numberOf, (draft, seconds) => {
    if (seconds > 0) draft.baseDelayMs = seconds * 1_000;
  }),
  retry_policy: supported('attempts after the first, by kind of failure', retriesByKind, (draft, byKind) => {
    draft.retriesByKind = byKind;
  }),
  model_group_retry_policy: supported('the same for some models', retriesByModel, (draft, byModel) => {
    draft.retriesByModel = byModel;
  }),
  allowed_fails_policy: ignored('the number of failures before a cooldown does not depend on their kind'),
  disable_cooldowns: supported('cooldowns last only as long as a vendor asks', flagOf, (draft, disable) => {
    if (disable) Object.assign(draft.cooldowns, { cooldownMs: 0, quotaCooldownMs: 0 });
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
  model_group_alias: supported('aliases of models', nodeOf, (draft, node) => {
    draft.aliases = node;
  }),
  enable_pre_call_checks: supported(
    'calls that are too long for a deployment, or exceed its rpm or tpm, use others',
    flagOf,
    (draft, checks) => {
      draft.checksInputs = checks;
      draft.keepsRates ||= checks;
    },
  ),
  optional_pre_call_checks: supported('which calls use the same deployment', nodeOf, takeChecks),
  ...each(
    ['deployment_affinity_ttl_seconds', 'model_group_affinity_config'],
    ignored('calls keep their deployment while the deployments stay the same, as set in optional_pre_call_checks'),
  ),
  enable_tag_filtering: supported(
    'calls use deployments that share a tag with the caller or, with "compat: litellm", with the request',
    flagOf,
    (draft, filters) => {
      draft.filtersByTags = filters;
    },
  ),
  tag_filtering_match_any: supported('one tag in common is enough', flagOf, (_draft, any) => {
    if (any) return undefined;
    return {
      verdict: 'refused',
      message: 'one tag in common is enough here: calls would use deployments with other tags',
    };
  }),
  provider_budget_config: refused('budgets of vendors are not supported, and they would be used without one'),
  ...each(['default_priority', 'polling_interval'], ignored('priority queues are not supported')),
  default_max_parallel_requests: supported('concurrent calls of a deployment', countOf, (draft, calls) => {
    draft.usualConcurrentCalls = calls;
  }),
  default_litellm_params: ignored('parameters are not preset here: calls use those of the client'),
  ...redisRows('redis_', ['host', 'port', 'password', 'url', 'db']),
  cache_kwargs: ignored('the connection to Redis has no other settings here'),
  ...each(['cache_responses', 'caching_groups', 'client_ttl'], ignored(NO_CACHE)),
  alerting_config: ignored(NO_ALERTS),
  assistants_config: ignored('assistants are not supported'),
  search_tools: ignored('search tools are not supported'),
  guardrail_list: refused('guardrails belong under "guardrails" at the top of the file'),
  router_general_settings: ignored('only models of this file are used'),
  ...each(
    ['enable_health_check_routing', 'health_check_staleness_threshold', 'health_check_ignore_transient_errors'],
    ignored('cooldowns begin after failed calls; there are no background checks'),
  ),
  ...each(['health_check_interval', 'health_check_concurrency'], refused('belongs to general_settings')),
  ignore_invalid_deployments: ignored('a deployment that cannot work is an error at the start'),
  ...each(['set_verbose', 'debug_level'], ignored('the log is one line of JSON per entry')),
};

/** `general_settings` */
export const GENERAL_KEYS: KeyRows<SettingsDraft> = {
  master_key: supported('the key that callers send', textAndNode, (draft, key) => {
    draft.masterKey = key;
    const { length } = key.text;
    if (length >= SHORTEST_KEY) return undefined;
    return {
      verdict: 'supported',
      message: `the key that callers send; ${length} characters can be guessed, so only this machine is served unless --host says otherwise: use ${SHORTEST_KEY}, generated at random`,
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
  disable_retry_on_max_parallel_request_limit_error: ignored("calls over the gateway's own limits are never retried"),
  disable_responses_id_security: ignored('ids of stored responses always work for their owner only'),
  proxy_batch_polling_interval: ignored('batches are not polled: they are charged when their owner retrieves them'),
  ...each(
    ['completion_model', 'embedding_model', 'image_generation_model', 'moderation_model'],
    refused('the requested model is the one that answers: name it in model_list or as an alias'),
  ),
  infer_model_from_keys: ignored('the models are those of this file'),
  max_parallel_requests: supported('concurrent calls of a key', countOf, (draft, calls) => {
    draft.concurrentCalls = calls;
  }),
  global_max_parallel_requests: ignored('only keys have a limit of concurrent calls: max_parallel_requests'),
  max_request_size_mb: supported('the largest body of a request', numberOf, (draft, megabytes) => {
    if (megabytes > 0) draft.maxBodyBytes = Math.ceil(megabytes * 1_048_576);
  }),
  max_response_size_mb: ignored('answers are streamed, so their size is not limited'),
  ...each(
    ['allowed_routes', 'public_routes', 'admin_only_routes', 'enforced_params', 'enforce_user_param', 'allowed_ips'],
    refused('this restriction is not supported, and callers would not be kept out'),
  ),
  reject_clientside_metadata_tags: supported(
    'tags of clients count only with "compat: litellm"',
    flagOf,
    (draft, rejects) => {
      if (!rejects || !draft.isCompatible) return undefined;
      return { verdict: 'refused', message: 'tags of clients count with "compat: litellm"' };
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
  litellm_key_header_name: supported('the header in which keys are sent', textAndNode, (draft, header) => {
    draft.keyHeader = header;
    if (draft.isCompatible) return undefined;
    return {
      verdict: 'refused',
      message:
        'keys are sent as "Authorization: Bearer", "x-api-key" or "api-key"; with "compat: litellm" at the top of the file, in this header as well',
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
    refused('callers are identified by keys; for tokens, mount the gateway in your app and set "authenticate"'),
  ),
  allow_client_side_credentials: ignored('clients never choose credentials or URLs'),
  ...each(['user_header_name', 'user_header_mappings'], ignored('end users are not identified by headers')),
  use_x_forwarded_for: ignored('access by IP address is not supported'),
  ...each(
    ['forward_client_headers_to_llm_api', 'forward_openai_org_id', 'forward_llm_provider_auth_headers'],
    ignored('client headers are not forwarded'),
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
    ignored('there are no background health checks; /health calls each model once'),
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
    refused('secrets are read from the environment only: set them there'),
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
  litellm_license: ignored('no licence is needed'),
  always_include_stream_usage: ignored('clients get usage in a stream if they request it; records always contain it'),
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
  search_tools: ignored('search tools are not supported'),
  otel: ignored(NO_TELEMETRY),
};

/** The top of the file. */
export const TOP_KEYS: KeyRows<SettingsDraft> = {
  compat: supported(COMPAT_MESSAGE, readCompat, (draft, isCompatible) => {
    draft.isCompatible ||= isCompatible;
  }),
  // These are read separately, key by key.
  model_list: supported('the models'),
  litellm_settings: supported('read key by key'),
  router_settings: supported('read key by key'),
  general_settings: supported('read key by key'),
  guardrails: supported('read one by one'),
  include: supported('other files to include'),
  environment_variables: supported('variables of this file, also searched for credentials'),
  credential_list: supported('credentials by name'),
  callback_settings: ignored('plugins have settings of their own'),
  ...each(
    ['policies', 'policy_attachments'],
    refused('guardrails per key or team are not supported, and calls would not be checked'),
  ),
  prompts: refused(NO_PROMPTS),
  ...each(['mcp_servers', 'mcp_tools'], ignored(NO_MCP)),
  agent_list: ignored('agents are not supported'),
  vector_store_registry: ignored('vector stores are not supported'),
  search_tools: ignored('search tools are not supported'),
  assistant_settings: ignored('assistants are not supported'),
  finetune_settings: ignored('fine-tuning is not supported'),
  files_settings: ignored('files and batches use the credentials of the deployments in model_list'),
  default_vertex_config: ignored(NO_PASS_THROUGH),
  worker_registry: ignored('control planes are not supported'),
};

/** `credential_list[]` */
export const CREDENTIAL_KEYS: KeyRows<unknown> = {
  credential_name: supported('the name by which deployments refer to it'),
  credential_values: supported('what is merged into their litellm_params'),
  credential_info: ignored('a description'),
};

/** `guardrails[]` */
export const GUARDRAIL_KEYS: KeyRows<unknown> = {
  guardrail_name: supported('the name of a plugin'),
  litellm_params: supported('read with the name'),
  guardrail_id: ignored('plugins are found by name'),
  guardrail_info: ignored('a description'),
};

/** What the gateway accepts as a virtual key. */
export const SHORTEST_KEY = 20;

function callbacksOf(node: ConfigNode, reading: ReadContext): readonly ConfigNode[] {
  // LiteLLM accepts one name instead of a list of one.
  return node.kind === 'scalar' && node.value !== null ? [node] : itemsOf(node, reading);
}

function takeCallbacks(
  draft: SettingsDraft,
  names: readonly ConfigNode[],
  _node: ConfigNode,
  reading: ReadContext,
): KeyVerdict | undefined {
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
    message: `the host has no plugin named ${missing.map((name) => `"${name}"`).join(' or ')}, so it gets no records`,
  };
}

/** The plugin that the host passes under a name. */
export function offeredPlugin(draft: SettingsDraft, name: string): Plugin | undefined {
  return Object.hasOwn(draft.offered, name) ? draft.offered[name] : undefined;
}

function nodeOf(node: ConfigNode): ConfigNode {
  return node;
}

function textAndNode(node: ConfigNode, reading: ReadContext): { text: string; node: ConfigNode } | undefined {
  const text = textOf(node, reading);
  return text === undefined ? undefined : { text, node };
}
