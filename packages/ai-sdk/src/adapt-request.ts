import { GatewayError, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';

/** Parameters that the AI SDK does not support, and their default values. */
const UNKNOWN: Readonly<Record<string, (value: unknown) => boolean>> = {
  n: (value) => value === 1,
  logprobs: (value) => value === false,
  top_logprobs: (value) => value === 0,
  logit_bias: () => false,
  modalities: (value) => Array.isArray(value) && value.every((one) => one === 'text'),
  audio: () => false,
  functions: () => false,
  function_call: () => false,
  web_search_options: () => false,
};

/** Parameters for vendor-specific settings, or only for storing and billing answers. */
const KNOWN: ReadonlySet<string> = new Set(
  [
    'model messages stream stream_options max_tokens max_completion_tokens',
    'temperature top_p top_k presence_penalty frequency_penalty stop seed',
    'tools tool_choice parallel_tool_calls response_format reasoning_effort',
    'user metadata store safety_identifier service_tier prompt_cache_key prompt_cache_retention',
  ].flatMap((names) => names.split(' ')),
);

/**
 * Rejects or drops parameters that a model does not support, and sets the deployment's own limit if the client sets
 * none. For other fields there is a warning that they were dropped, unless the host reads them itself.
 */
export function adaptRequest(body: JsonObject, target: EncodeTarget, providerName: string, isHeard: boolean): void {
  for (const [name, asksNothing] of Object.entries(UNKNOWN)) {
    if (body[name] === undefined) continue;
    if (!asksNothing(body[name])) refuse(name, target, providerName);
    delete body[name];
  }
  for (const name of isHeard ? [] : Object.keys(body)) {
    if (!KNOWN.has(name)) target.warn(`"${name.slice(0, 64)}" was left out: the AI SDK does not support it.`);
  }
  const isBound = body.max_completion_tokens !== undefined || body.max_tokens !== undefined;
  if (!isBound && target.maxOutputTokens !== undefined) body.max_tokens = target.maxOutputTokens;
}

function refuse(name: string, target: EncodeTarget, providerName: string): void {
  if (target.dropUnsupported) return target.warn(`"${name}" was dropped: ${providerName} does not support it.`);
  throw new GatewayError(
    'invalid_input',
    `"${name}" cannot be sent to ${providerName}, whose models are called by the AI SDK. Leave it out, or let the deployment drop what is not supported.`,
    { code: 'unsupported_parameter', param: name },
  );
}
