import { isJsonObject, type JsonObject } from './encoding/json.js';
import type { UpstreamOperationName } from './operation.js';

/**
 * The body of a request with a deployment's default parameters (in the terms of a chat request) where the client sets
 * none. Parameters that the operation does not have are left out.
 */
export function withDefaultParameters(
  body: JsonObject,
  operation: UpstreamOperationName,
  defaults: Readonly<Record<string, unknown>>,
): JsonObject {
  const merged: Record<string, unknown> = { ...body };
  for (const [name, value] of Object.entries(defaults)) {
    const [field, inner] = placeOf(operation, name);
    if (field === undefined || isLimited(body, field)) continue;
    if (inner === undefined) merged[field] ??= value;
    else {
      const own = merged[field] ?? {};
      if (isJsonObject(own)) merged[field] = { [inner]: value, ...own };
    }
  }
  return merged;
}

/** The field for a default, and the field in it if it is nested there; none if the operation does not have it. */
function placeOf(operation: UpstreamOperationName, name: string): readonly [field: string | undefined, inner?: string] {
  switch (operation) {
    case 'chat.completions':
      return [name];
    case 'messages':
      return IN_MESSAGES[name] ?? [NOT_IN_MESSAGES.has(name) ? undefined : name];
    case 'responses':
      return IN_RESPONSES[name] ?? [NOT_IN_RESPONSES.has(name) ? undefined : name];
    case 'completions':
      return [IN_COMPLETIONS.has(name) ? name : undefined];
    case 'embeddings':
      return [IN_EMBEDDINGS.has(name) ? name : undefined];
    default:
      return [undefined];
  }
}

/** One limit has several names; the client's own counts under each of them. */
const LIMITS = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'] as const;

function isLimited(body: JsonObject, field: string): boolean {
  return (
    (LIMITS as readonly string[]).includes(field) && LIMITS.some((name) => (body[name] ?? undefined) !== undefined)
  );
}

/** The longest output that the defaults allow; undefined if they say nothing about it. */
export function defaultLimitOf(defaults: Readonly<Record<string, unknown>> | undefined): number | undefined {
  const limit = LIMITS.map((name) => defaults?.[name]).find((value) => typeof value === 'number');
  return typeof limit === 'number' ? limit : undefined;
}

type Places = Readonly<Record<string, readonly [field: string, inner?: string]>>;

const IN_MESSAGES: Places = {
  max_completion_tokens: ['max_tokens'],
  stop: ['stop_sequences'],
  reasoning_effort: ['output_config', 'effort'],
  user: ['metadata', 'user_id'],
};
const IN_RESPONSES: Places = {
  max_tokens: ['max_output_tokens'],
  max_completion_tokens: ['max_output_tokens'],
  reasoning_effort: ['reasoning', 'effort'],
  verbosity: ['text', 'verbosity'],
};

/** They have another form there, or none. */
const NOT_IN_MESSAGES: ReadonlySet<string> = new Set(
  (
    'n seed presence_penalty frequency_penalty logit_bias logprobs top_logprobs response_format tools tool_choice ' +
    'parallel_tool_calls modalities verbosity web_search_options prediction'
  ).split(' '),
);
const NOT_IN_RESPONSES: ReadonlySet<string> = new Set(
  (
    'n seed stop presence_penalty frequency_penalty logit_bias logprobs response_format tools tool_choice thinking ' +
    'modalities web_search_options prediction top_k'
  ).split(' '),
);
const IN_COMPLETIONS: ReadonlySet<string> = new Set(
  'max_tokens temperature top_p n stop seed presence_penalty frequency_penalty logit_bias user'.split(' '),
);
const IN_EMBEDDINGS: ReadonlySet<string> = new Set('dimensions encoding_format input_type user'.split(' '));
