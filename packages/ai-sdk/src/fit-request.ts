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

/** Refuses or drops what could not be said to a model, and sets the deployment's own bound where the client sets none. */
export function fitRequest(body: JsonObject, target: EncodeTarget, who: string): void {
  for (const [name, asksNothing] of Object.entries(UNKNOWN)) {
    if (body[name] === undefined) continue;
    if (!asksNothing(body[name])) refuse(name, target, who);
    delete body[name];
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
