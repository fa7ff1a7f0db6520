import { mapOf, type ReadContext, textOf } from '../read-context.js';
import { type ConfigNode, plainValue } from '../yaml/config-node.js';
import type { DeploymentDraft } from './draft.js';
import { type KeyRows, supported } from './key-row.js';

/** Parameters of requests that LiteLLM presets, as OpenAI and other vendors name them. */
const NAMES = (
  'temperature top_p top_k top_a min_p n stop seed max_tokens max_completion_tokens presence_penalty ' +
  'frequency_penalty repetition_penalty logit_bias logprobs top_logprobs response_format tools tool_choice ' +
  'parallel_tool_calls functions function_call reasoning_effort reasoning reasoning_format include_reasoning ' +
  'thinking enable_thinking output_config user store prediction audio service_tier modalities verbosity ' +
  'web_search_options dimensions encoding_format input_type safety_settings safety_identifier prompt_cache_key ' +
  'prompt_cache_retention models route provider transforms plugins chat_template_kwargs guided_json guided_regex ' +
  'guided_choice ignore_eos skip_special_tokens'
).split(' ');

const MESSAGE = 'sent where the client sets none';

/** `litellm_params` that are parameters of a request. */
export const DEFAULT_PARAMETER_KEYS: KeyRows<DeploymentDraft> = {
  ...Object.fromEntries(
    NAMES.map((name) => [
      name,
      supported<DeploymentDraft, unknown>(
        name === 'max_tokens' || name === 'max_completion_tokens' ? `${MESSAGE}; budgets reserve this much` : MESSAGE,
        presetIn,
        (draft, value) => {
          draft.parameters[name] = value;
        },
      ),
    ]),
  ),
  extra_body: supported<DeploymentDraft, Record<string, unknown>>(
    'fields of the body, sent where the client sets none',
    valuesOf,
    (draft, values) => {
      Object.assign(draft.parameters, values);
    },
  ),
};

/** With references to the environment replaced; undefined if it is empty. */
function presetIn(node: ConfigNode, reading: ReadContext): unknown {
  if (node.kind === 'scalar' && typeof node.value === 'string') return textOf(node, reading);
  return plainValue(node) ?? undefined;
}

function valuesOf(node: ConfigNode, reading: ReadContext): Record<string, unknown> | undefined {
  const map = mapOf(node, reading);
  return map && Object.fromEntries([...map.entries].map(([name, value]) => [name, presetIn(value, reading)]));
}
