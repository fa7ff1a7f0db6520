import { GatewayError, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { dropParameter } from './drop-parameter.js';

/** The translation of one parameter of a request. Not called for null and absent values. */
export type ParameterRule = (value: unknown, body: JsonObject, around: { name: string; target: EncodeTarget }) => void;

/** Names of parameters and their translation. */
export type ParameterRules = ReadonlyMap<string, ParameterRule>;

/** The fields that the rules make of a request; parameters without a rule are dropped with a warning. */
export function parametersBy(rules: ParameterRules, request: JsonObject, target: EncodeTarget): JsonObject {
  const body: JsonObject = {};
  for (const [name, value] of Object.entries(request)) {
    if (value === null || value === undefined) continue;
    (rules.get(name) ?? hint)(value, body, { name, target });
  }
  return body;
}

/** Read by another part of the codec. */
export const handledElsewhere: ParameterRule = () => undefined;

/** The API has the same parameter with this name; the `usual` value need not be sent. */
export function as(name: string, usual?: unknown): ParameterRule {
  return (value, body) => {
    if (value !== usual) body[name] = value;
  };
}

/** Changes how OpenAI makes or stores an answer, not its content; dropped. */
export const hint: ParameterRule = (_value, _body, { name, target }) => {
  target.warn(`"${name.slice(0, 64)}" was left out: this API has no such parameter.`);
};

/** Changes the answer, so it is dropped only if the deployment allows it. `isUsual` values mean the default. */
export function unsupported(reason: string, isUsual: (value: unknown) => boolean = () => false): ParameterRule {
  return (value, _body, { name, target }) => {
    if (!isUsual(value)) dropParameter(target, name, reason);
  };
}

/** The same rule for each of these names. */
export function each(names: readonly string[], rule: ParameterRule): [string, ParameterRule][] {
  return names.map((name) => [name, rule]);
}

/** The same names as OpenAI's. */
export function unchanged(...names: readonly string[]): [string, ParameterRule][] {
  return names.map((name) => [name, as(name)]);
}

/** `stop` as a list under this name. */
export function stopsAs(name: string): ParameterRule {
  return (value, body) => {
    const told = (Array.isArray(value) ? (value as unknown[]) : [value]).filter((sequence) => sequence !== '');
    if (told.length > 0) body[name] = told;
  };
}

/** The output limit: the client's by either of its names, else the deployment's. */
export function maxTokensOf(request: JsonObject, target: EncodeTarget): number | undefined {
  const asked = [request.max_completion_tokens, request.max_tokens].find((bound) => typeof bound === 'number');
  return asked ?? target.maxOutputTokens;
}

/** Parameters of chat that only affect how OpenAI stores or bills an answer. */
export const OPENAI_HINTS: [string, ParameterRule][] = [
  ...each(
    [
      'metadata',
      'prediction',
      'prompt_cache_key',
      'prompt_cache_options',
      'prompt_cache_retention',
      'safety_identifier',
      'service_tier',
      'user',
      'verbosity',
    ],
    hint,
  ),
  [
    'store',
    (value, body, around) => {
      if (value !== false) hint(value, body, around);
    },
  ],
];

/** Parameters of chat that change the answer and that hardly any API but OpenAI's has. */
export const OPENAI_ANSWERS: [string, ParameterRule][] = [
  ['n', unsupported('It returns one answer per request.', (value) => value === 1)],
  [
    'logit_bias',
    unsupported(
      'Token ids are specific to a tokenizer, and this model has another one.',
      (value) => typeof value === 'object' && Object.keys(value as object).length === 0, // null never gets here
    ),
  ],
  ['audio', unsupported('The model does not produce audio.')],
  [
    'modalities',
    unsupported(
      'The model answers with text only.',
      (value) => Array.isArray(value) && value.every((one) => one === 'text'),
    ),
  ],
  ['moderation', unsupported('It does not support this check.')],
  ['web_search_options', unsupported('The model does not search the web.')],
];

/** For operations without streams. */
export function noStreams(): never {
  throw new GatewayError('invalid_input', 'This operation cannot be streamed.');
}
