import { type EncodeTarget, GatewayError, type JsonObject } from '@portico/core';

/** What the AI SDK has no word for, and the values that ask for nothing. */
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

/** What is said to a model in its own words, or only to who keeps and bills its answers. */
const KNOWN: ReadonlySet<string> = new Set(
  [
    'model messages stream stream_options max_tokens max_completion_tokens',
    'temperature top_p top_k presence_penalty frequency_penalty stop seed',
    'tools tool_choice parallel_tool_calls response_format reasoning_effort',
    'user metadata store safety_identifier service_tier prompt_cache_key prompt_cache_retention',
  ].flatMap((names) => names.split(' ')),
);

/**
 * Refuses or drops what could not be said to a model, and sets the deployment's own bound where the client sets none. Of
 * other fields it is said that they are left out, unless the host hears them itself.
 */
export function fitRequest(body: JsonObject, target: EncodeTarget, who: string, isHeard: boolean): void {
  for (const [name, asksNothing] of Object.entries(UNKNOWN)) {
    if (body[name] === undefined) continue;
    if (!asksNothing(body[name])) refuse(name, target, who);
    delete body[name];
  }
  for (const name of isHeard ? [] : Object.keys(body)) {
    if (!KNOWN.has(name)) target.warn(`"${name.slice(0, 64)}" was left out: the AI SDK has no word for it.`);
  }
  const isBound = body.max_completion_tokens !== undefined || body.max_tokens !== undefined;
  if (!isBound && target.maxOutputTokens !== undefined) body.max_tokens = target.maxOutputTokens;
}

function refuse(name: string, target: EncodeTarget, who: string): void {
  if (target.dropUnsupported) return target.warn(`"${name}" was dropped: ${who} does not support it.`);
  throw new GatewayError(
    'invalid_input',
    `"${name}" cannot be said to ${who}, whose models are asked by the AI SDK. Leave it out, or let the deployment drop what is not supported.`,
    { code: 'unsupported_parameter', param: name },
  );
}
