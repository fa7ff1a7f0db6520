import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import { GatewayError } from '../../errors.js';
import type { OperationName } from '../../operation.js';

/**
 * The body without the fields that LiteLLM's proxy reads itself (its `all_litellm_params`): with `compat: litellm`
 * clients send them to the gateway, and no vendor sees them. Fields that only ask for more comfort are dropped.
 * Throws `invalid_input` for fields that ask for a protection, or for an answer of another origin, that is not there.
 * `plugins` are the names of the guardrails that run for every call.
 */
export function withoutLiteLlmControls(
  body: JsonObject,
  operation: OperationName,
  plugins: ReadonlySet<string>,
): JsonObject {
  let rest: Record<string, unknown> | undefined;
  for (const [field, value] of Object.entries(body)) {
    const kept = field === 'metadata' ? metadataFor(operation, value) : isControl(field) ? undefined : value;
    if (field === 'metadata' && isJsonObject(value)) checkGuardrails(value.guardrails, 'metadata.guardrails', plugins);
    if (kept === value) continue;
    if (field === 'guardrails') checkGuardrails(value, field, plugins);
    else if (NOT_AVAILABLE.has(field) && isAsked(value)) throw notAvailable(field);
    rest ??= { ...body };
    if (kept === undefined) delete rest[field];
    else rest[field] = kept;
  }
  return rest ?? body;
}

/**
 * In LiteLLM, `metadata` of a chat request is for the proxy and its callbacks. Messages has a field of the vendor in
 * it, and for Responses LiteLLM reads `litellm_metadata` instead, so that `metadata` is the vendor's.
 */
function metadataFor(operation: OperationName, value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  if (operation === 'messages') return value.user_id === undefined ? undefined : onlyUserId(value);
  return operation.startsWith('responses') ? value : undefined;
}

function onlyUserId(metadata: JsonObject): JsonObject {
  return Object.keys(metadata).length === 1 ? metadata : { user_id: metadata.user_id };
}

function isControl(field: string): boolean {
  return CONTROLS.has(field) || PATTERN.test(field);
}

/** `["a", "b"]`, a list of maps by name, or one map by name. */
function checkGuardrails(value: unknown, where: string, plugins: ReadonlySet<string>): void {
  if (!isAsked(value)) return;
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  const names = items.flatMap((item) => (isJsonObject(item) ? Object.keys(item) : [item]));
  for (const name of names) {
    if (typeof name === 'string' && plugins.has(name)) continue;
    const shown = typeof name === 'string' ? `"${name.slice(0, 100)}"` : 'an unnamed one';
    throw new GatewayError(
      'invalid_input',
      `The request asks for a guardrail, ${shown}, that this gateway does not have. It was not sent.`,
      { param: where, code: 'guardrail_not_found' },
    );
  }
}

/** Absent, false and empty values ask for nothing. */
function isAsked(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false;
  return !(Array.isArray(value) && value.length === 0) && !(isJsonObject(value) && Object.keys(value).length === 0);
}

function notAvailable(field: string): GatewayError {
  return new GatewayError('invalid_input', `"${field}" is not available at this gateway. The request was not sent.`, {
    param: field,
    code: 'unsupported_parameter',
  });
}

/** Without them the answer would come from somewhere else, or without a check. */
const NOT_AVAILABLE: ReadonlySet<string> = new Set([
  'mock_response',
  'mock_tool_calls',
  'policies',
  'prompt_id',
  'prompt_label',
]);

const CONTROLS: ReadonlySet<string> = new Set([
  ...NOT_AVAILABLE,
  'guardrails',
  'disable_global_guardrail',
  'disable_global_guardrails',
  // Answers from a cache.
  'cache',
  'caching',
  'caching_groups',
  'preset_cache_key',
  'ttl',
  'no-log',
  'no-cache',
  'no-store',
  's-maxage',
  // Credentials and addresses: clients choose neither.
  'api_key',
  'api_base',
  'base_url',
  'api_version',
  'organization',
  'custom_llm_provider',
  'tenant_id',
  'client_id',
  'client_secret',
  'extra_headers',
  'user_config',
  'configurable_clientside_auth_params',
  'use_litellm_proxy',
  // Routing, limits and prices of a deployment.
  'model_info',
  'model_config',
  'model_list',
  'model_file_id_mapping',
  'context_window_fallback_dict',
  'fallback_depth',
  'max_retries',
  'retry_policy',
  'retry_strategy',
  'allowed_fails_policy',
  'cooldown_time',
  'rpm',
  'tpm',
  'max_parallel_requests',
  'max_budget',
  'budget_duration',
  'base_model',
  'region_name',
  'max_file_size_mb',
  'mock_testing_fallbacks',
  'mock_testing_context_fallbacks',
  'mock_testing_content_policy_fallbacks',
  'mock_testing_rate_limit_error',
  'mock_timeout',
  'force_timeout',
  // Translation and records.
  'drop_params',
  'additional_drop_params',
  'modify_params',
  'merge_reasoning_content_in_choices',
  'ensure_alternating_roles',
  'user_continue_message',
  'assistant_continue_message',
  'supports_system_message',
  'hf_model_name',
  'custom_prompt_dict',
  'prompt_variables',
  'prompt_version',
  'proxy_server_request',
  'secret_fields',
  'logger_fn',
  'verbose',
  'turn_off_message_logging',
  'enable_json_schema_validation',
  'cache_control_injection_points',
]);

/** LiteLLM's own fields, the credentials of vendors, prices, and the settings of its callbacks. */
const PATTERN =
  /^(?:litellm|aws|vertex|(?:in|out)put_cost_per|langfuse|langsmith|arize|posthog|gcs|humanloop|lunary|phoenix|weave)_|_ad_token$|^allowed_\w+_params$/;
