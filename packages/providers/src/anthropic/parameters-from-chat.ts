import { type EncodeTarget, isJsonObject, type JsonObject } from '@portico/core';
import { leaveOut } from '../shared/leave-out.js';
import type { ModelFamily } from './model-families.js';

/** What decides about parameters besides their own value. */
export interface Surroundings {
  readonly family: ModelFamily;
  readonly target: EncodeTarget;
  /** The model thinks before it answers, which the wire does not let clients steer by sampling. */
  readonly isThinking: boolean;
}

/** The parameters of a chat request that have a field of their own in the wire's request. */
export function parametersFromChat(request: JsonObject, around: Surroundings): JsonObject {
  const fields: JsonObject = {};
  for (const [name, value] of Object.entries(request)) {
    if (value === null || value === undefined) continue;
    const rule = RULES.get(name);
    if (rule === undefined) {
      around.target.warn(`"${name.slice(0, 64)}" was left out: this wire has no such parameter.`);
    } else {
      rule(value, fields, { ...around, request, name });
    }
  }
  const user = userId(request, around.target);
  if (user !== undefined) fields.metadata = { user_id: user };
  return fields;
}

/** What becomes of one parameter. Null and absent values never get here. */
type Rule = (value: unknown, fields: JsonObject, around: Surroundings & { request: JsonObject; name: string }) => void;

/** Taken care of where the comment in the table says. */
const elsewhere: Rule = () => undefined;

/** The wire has the same under the same name. */
const same: Rule = (value, fields, { name }) => {
  fields[name] = value;
};

/** Changes how an answer is made or kept at OpenAI, not what is asked for. */
const hint: Rule = (_value, _fields, { name, target }) => {
  target.warn(`"${name}" was left out: this wire has no such parameter.`);
};

/** Changes the answer, so it is not dropped unless the deployment says so; `usual` values ask for nothing. */
function unsupported(reason: string, usual: (value: unknown) => boolean): Rule {
  return (value, _fields, { name, target }) => {
    if (!usual(value)) leaveOut(target, name, reason);
  };
}

const isZero = (value: unknown): boolean => value === 0;
const isFalse = (value: unknown): boolean => value === false;
const isEmpty = (value: unknown): boolean => isJsonObject(value) && Object.keys(value).length === 0;
const never = (): boolean => false;

const NO_PENALTIES = 'It has no penalties.';
const NO_LOGPROBS = 'It does not tell the probabilities of tokens.';

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  // chat-completions.ts
  ['model', elsewhere],
  ['messages', elsewhere],
  ['max_tokens', elsewhere],
  ['max_completion_tokens', elsewhere],
  ['stream', elsewhere],
  ['stream_options', elsewhere],
  // tools-from-chat.ts
  ['tools', elsewhere],
  ['tool_choice', elsewhere],
  ['parallel_tool_calls', elsewhere],
  ['functions', elsewhere],
  ['function_call', elsewhere],
  ['web_search_options', elsewhere],
  // structured-output.ts, reasoning-from-chat.ts
  ['response_format', elsewhere],
  ['reasoning_effort', elsewhere],
  ['thinking', elsewhere],
  ['output_config', elsewhere],
  // `userId` below
  ['safety_identifier', elsewhere],
  ['user', elsewhere],
  ['metadata', elsewhere],

  ['temperature', temperature],
  ['top_p', topP],
  ['top_k', topK],
  ['stop', stop],
  ['stop_sequences', stop],
  ['service_tier', serviceTier],

  // The wire's own, for clients that know them.
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

  ['n', unsupported('It gives one answer to a request.', (value) => value === 1)],
  ['frequency_penalty', unsupported(NO_PENALTIES, isZero)],
  ['presence_penalty', unsupported(NO_PENALTIES, isZero)],
  ['logit_bias', unsupported('Its tokens are others than those that are named.', isEmpty)],
  ['logprobs', unsupported(NO_LOGPROBS, isFalse)],
  ['top_logprobs', unsupported(NO_LOGPROBS, isZero)],
  ['modalities', unsupported('It answers in text.', (value) => Array.isArray(value) && value.join() === 'text')],
  ['audio', unsupported('It answers in text.', never)],
  ['moderation', unsupported('It has no such check.', never)],
]);

function temperature(value: unknown, fields: JsonObject, { family, target, isThinking }: Surroundings): void {
  if (typeof value !== 'number') {
    fields.temperature = value;
  } else if (family.sampling === 'none' || isThinking) {
    // 1 is what the model uses anyway.
    if (value !== 1) leaveOut(target, 'temperature', samplingReason(isThinking));
  } else {
    if (value > 1) target.warn('"temperature" was lowered to 1, the most that this wire takes.');
    fields.temperature = Math.min(value, 1);
  }
}

function topP(value: unknown, fields: JsonObject, around: Surroundings & { request: JsonObject }): void {
  const { family, target, isThinking, request } = around;
  if (value === 1) return;
  if (family.sampling === 'none' || (isThinking && !(typeof value === 'number' && value >= 0.95))) {
    leaveOut(target, 'top_p', samplingReason(isThinking));
  } else if (family.sampling === 'one' && !isThinking && typeof request.temperature === 'number') {
    leaveOut(target, 'top_p', 'It takes either "temperature" or "top_p".');
  } else {
    fields.top_p = value;
  }
}

function topK(value: unknown, fields: JsonObject, { family, target, isThinking }: Surroundings): void {
  if (family.sampling === 'none' || isThinking) leaveOut(target, 'top_k', samplingReason(isThinking));
  else fields.top_k = value;
}

function samplingReason(isThinking: boolean): string {
  return isThinking ? 'It does not let sampling be changed while it thinks.' : 'It does not let sampling be changed.';
}

function stop(value: unknown, fields: JsonObject, { target, name }: Surroundings & { name: string }): void {
  const given: unknown[] = Array.isArray(value) ? value : [value];
  // The wire refuses those with a 400.
  const told = given.filter((sequence) => typeof sequence !== 'string' || sequence.trim() !== '');
  if (told.length < given.length) target.warn(`"${name}": a sequence of nothing but white space was left out.`);
  const before = Array.isArray(fields.stop_sequences) ? (fields.stop_sequences as unknown[]) : [];
  if (told.length > 0) fields.stop_sequences = [...before, ...told];
}

function serviceTier(value: unknown, fields: JsonObject, { target }: Surroundings): void {
  if (value === 'auto' || value === 'standard_only') fields.service_tier = value;
  else if (value === 'default') fields.service_tier = 'standard_only';
  else target.warn('"service_tier" was left out: this wire has another set of tiers.');
}

/** Who the answer is for, told to the vendor to trace abuse; it must not tell who that is. */
function userId(request: JsonObject, target: EncodeTarget): string | undefined {
  const inMetadata = isJsonObject(request.metadata) ? request.metadata.user_id : undefined;
  const id = request.safety_identifier ?? request.user ?? inMetadata;
  if (typeof id !== 'string' || id === '') return undefined;
  if (!LOOKS_PERSONAL.test(id)) return id;
  target.warn('The user was not named: the name looks like an e-mail address or a telephone number.');
  return undefined;
}

const LOOKS_PERSONAL = /@|^\+?[\d\s().-]{7,}$/;
