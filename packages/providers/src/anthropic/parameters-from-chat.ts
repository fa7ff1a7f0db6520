import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { dropParameter } from '../shared/drop-parameter.js';
import type { ModelFamily } from './model-families.js';

/** What parameters depend on besides their own value. */
export interface ParameterContext {
  readonly family: ModelFamily;
  readonly target: EncodeTarget;
  /** The model thinks before it answers; then the API does not allow sampling parameters. */
  readonly isThinking: boolean;
}

/** The parameters of a chat request that have a field of their own in this API. */
export function parametersFromChat(request: JsonObject, around: ParameterContext): JsonObject {
  const fields: JsonObject = {};
  for (const [name, value] of Object.entries(request)) {
    if (value === null || value === undefined) continue;
    const rule = RULES.get(name);
    if (rule === undefined) {
      around.target.warn(`"${name.slice(0, 64)}" was left out: this API has no such parameter.`);
    } else {
      rule(value, fields, { ...around, request, name });
    }
  }
  const user = userId(request, around.target);
  if (user !== undefined) fields.metadata = { user_id: user };
  return fields;
}

/** The translation of one parameter. Not called for null and absent values. */
type Rule = (
  value: unknown,
  fields: JsonObject,
  around: ParameterContext & { request: JsonObject; name: string },
) => void;

/** Handled in the file that the comment in the table names. */
const handledElsewhere: Rule = () => undefined;

/** The API has the same parameter with the same name. */
const same: Rule = (value, fields, { name }) => {
  fields[name] = value;
};

/** Changes how OpenAI makes or stores an answer, not its content; dropped. */
const hint: Rule = (_value, _fields, { name, target }) => {
  target.warn(`"${name}" was left out: this API has no such parameter.`);
};

/** Changes the answer, so it is dropped only if the deployment allows it; `usual` values mean the default. */
function unsupported(reason: string, usual: (value: unknown) => boolean): Rule {
  return (value, _fields, { name, target }) => {
    if (!usual(value)) dropParameter(target, name, reason);
  };
}

const isZero = (value: unknown): boolean => value === 0;
const isFalse = (value: unknown): boolean => value === false;
const isEmpty = (value: unknown): boolean => isJsonObject(value) && Object.keys(value).length === 0;
const never = (): boolean => false;

const NO_PENALTIES = 'It does not support penalties.';
const NO_LOGPROBS = 'It does not return log probabilities.';

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  // chat-completions.ts
  ['model', handledElsewhere],
  ['messages', handledElsewhere],
  ['max_tokens', handledElsewhere],
  ['max_completion_tokens', handledElsewhere],
  ['stream', handledElsewhere],
  ['stream_options', handledElsewhere],
  // tools-from-chat.ts
  ['tools', handledElsewhere],
  ['tool_choice', handledElsewhere],
  ['parallel_tool_calls', handledElsewhere],
  ['functions', handledElsewhere],
  ['function_call', handledElsewhere],
  ['web_search_options', handledElsewhere],
  // structured-output.ts, reasoning-from-chat.ts
  ['response_format', handledElsewhere],
  ['reasoning_effort', handledElsewhere],
  ['thinking', handledElsewhere],
  ['output_config', handledElsewhere],
  // `userId` below
  ['safety_identifier', handledElsewhere],
  ['user', handledElsewhere],
  ['metadata', handledElsewhere],

  ['temperature', temperature],
  ['top_p', topP],
  ['top_k', topK],
  ['stop', stop],
  ['stop_sequences', stop],
  ['service_tier', serviceTier],

  // Parameters of this API itself, for clients that know them.
  ['cache_control', same],
  ['container', same],
  ['context_management', same],
  ['inference_geo', same],
  ['mcp_servers', same],
  ['speed', same],

  ['prediction', hint],
  ['prompt_cache_key', hint],
  ['prompt_cache_options', hint],
  ['prompt_cache_retention', hint],
  ['seed', hint],
  ['verbosity', hint],
  ['store', (value, fields, around) => (value === false ? undefined : hint(value, fields, around))],

  ['n', unsupported('It returns one answer per request.', (value) => value === 1)],
  ['frequency_penalty', unsupported(NO_PENALTIES, isZero)],
  ['presence_penalty', unsupported(NO_PENALTIES, isZero)],
  ['logit_bias', unsupported('Token ids are specific to a tokenizer, and this model has another one.', isEmpty)],
  ['logprobs', unsupported(NO_LOGPROBS, isFalse)],
  ['top_logprobs', unsupported(NO_LOGPROBS, isZero)],
  ['modalities', unsupported('It answers with text only.', (value) => Array.isArray(value) && value.join() === 'text')],
  ['audio', unsupported('It answers with text only.', never)],
  ['moderation', unsupported('It does not support this check.', never)],
]);

function temperature(value: unknown, fields: JsonObject, { family, target, isThinking }: ParameterContext): void {
  if (typeof value !== 'number') {
    fields.temperature = value;
  } else if (family.sampling === 'none' || isThinking) {
    // 1 is the model's default.
    if (value !== 1) dropParameter(target, 'temperature', samplingReason(isThinking));
  } else {
    if (value > 1) target.warn('"temperature" was lowered to 1, the maximum of this API.');
    fields.temperature = Math.min(value, 1);
  }
}

function topP(value: unknown, fields: JsonObject, around: ParameterContext & { request: JsonObject }): void {
  const { family, target, isThinking, request } = around;
  if (value === 1) return;
  if (family.sampling === 'none' || (isThinking && !(typeof value === 'number' && value >= 0.95))) {
    dropParameter(target, 'top_p', samplingReason(isThinking));
  } else if (family.sampling === 'one' && !isThinking && typeof request.temperature === 'number') {
    dropParameter(target, 'top_p', 'It accepts either "temperature" or "top_p", not both.');
  } else {
    fields.top_p = value;
  }
}

function topK(value: unknown, fields: JsonObject, { family, target, isThinking }: ParameterContext): void {
  if (family.sampling === 'none' || isThinking) dropParameter(target, 'top_k', samplingReason(isThinking));
  else fields.top_k = value;
}

function samplingReason(isThinking: boolean): string {
  return isThinking
    ? 'It does not allow sampling parameters while it thinks.'
    : 'It does not allow sampling parameters.';
}

function stop(value: unknown, fields: JsonObject, { target, name }: ParameterContext & { name: string }): void {
  const given: unknown[] = Array.isArray(value) ? value : [value];
  // The API rejects those with a 400.
  const told = given.filter((sequence) => typeof sequence !== 'string' || sequence.trim() !== '');
  if (told.length < given.length) target.warn(`"${name}": a stop sequence of only white space was left out.`);
  const before = Array.isArray(fields.stop_sequences) ? (fields.stop_sequences as unknown[]) : [];
  if (told.length > 0) fields.stop_sequences = [...before, ...told];
}

function serviceTier(value: unknown, fields: JsonObject, { target }: ParameterContext): void {
  if (value === 'auto' || value === 'standard_only') fields.service_tier = value;
  else if (value === 'default') fields.service_tier = 'standard_only';
  else target.warn('"service_tier" was left out: this API has other tiers.');
}

/** The end user, sent to the vendor to trace abuse; it must not identify a person. */
function userId(request: JsonObject, target: EncodeTarget): string | undefined {
  const inMetadata = isJsonObject(request.metadata) ? request.metadata.user_id : undefined;
  const id = request.safety_identifier ?? request.user ?? inMetadata;
  if (typeof id !== 'string' || id === '') return undefined;
  if (!LOOKS_PERSONAL.test(id)) return id;
  target.warn('"user" was left out: it looks like an e-mail address or a telephone number.');
  return undefined;
}

const LOOKS_PERSONAL = /@|^\+?[\d\s().-]{7,}$/;
