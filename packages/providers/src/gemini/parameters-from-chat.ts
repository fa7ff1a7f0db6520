import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { dropParameter } from '../shared/drop-parameter.js';

/** The parameters of a chat request that have a field of their own in this API. */
export interface Parameters {
  /** Fields of `generationConfig`. */
  readonly config: JsonObject;
  /** Fields beside it. */
  readonly beside: JsonObject;
}

/** Reads all of them; those without an equivalent are dropped with a warning, or rejected if they change the answer. */
export function parametersFromChat(request: JsonObject, target: EncodeTarget): Parameters {
  const found: Parameters = { config: {}, beside: {} };
  for (const [name, value] of Object.entries(request)) {
    if (value === null || value === undefined) continue;
    const rule = RULES.get(name);
    if (rule === undefined) target.warn(`"${name.slice(0, 64)}" was left out: this API has no such parameter.`);
    else rule(value, found, { name, target });
  }
  return found;
}

/** The translation of one parameter. Not called for null and absent values. */
type Rule = (value: unknown, found: Parameters, around: ParameterContext) => void;

interface ParameterContext {
  readonly name: string;
  readonly target: EncodeTarget;
}

/** Handled in the file that the comment in the table names. */
const handledElsewhere: Rule = () => undefined;

/** `generationConfig` has the same parameter with this name. */
function inConfig(name: string, usual?: unknown): Rule {
  return (value, { config }) => {
    if (value !== usual) config[name] = value;
  };
}

/** The request has the same parameter with this name. */
function inRequest(name: string): Rule {
  return (value, { beside }) => {
    beside[name] = value;
  };
}

/** Changes how OpenAI makes or stores an answer, not its content; dropped. */
const hint: Rule = (_value, _found, { name, target }) => {
  target.warn(`"${name}" was left out: this API has no such parameter.`);
};

/** Changes the answer, so it is dropped only if the deployment allows it; `usual` values mean the default. */
function unsupported(reason: string, usual: (value: unknown) => boolean): Rule {
  return (value, _found, { name, target }) => {
    if (!usual(value)) dropParameter(target, name, reason);
  };
}

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
  // structured-output.ts, thinking-from-chat.ts
  ['response_format', handledElsewhere],
  ['reasoning_effort', handledElsewhere],
  ['thinking', handledElsewhere],

  ['temperature', inConfig('temperature')],
  ['top_p', inConfig('topP')],
  ['top_k', inConfig('topK')],
  ['seed', inConfig('seed')],
  ['n', inConfig('candidateCount', 1)],
  // Not every model supports penalties, and some clients always send zero.
  ['presence_penalty', inConfig('presencePenalty', 0)],
  ['frequency_penalty', inConfig('frequencyPenalty', 0)],
  ['logprobs', inConfig('responseLogprobs', false)],
  ['top_logprobs', inConfig('logprobs', 0)],
  ['stop', stop],
  ['modalities', modalities],
  ['audio', audio],
  ['service_tier', serviceTier],

  // Parameters of this API itself, for clients that know them, in both spellings.
  ['safety_settings', inRequest('safetySettings')],
  ['safetySettings', inRequest('safetySettings')],
  ['cached_content', inRequest('cachedContent')],
  ['cachedContent', inRequest('cachedContent')],
  ['labels', inRequest('labels')],
  ['media_resolution', inConfig('mediaResolution')],
  ['mediaResolution', inConfig('mediaResolution')],
  ['image_config', inConfig('imageConfig')],
  ['imageConfig', inConfig('imageConfig')],
  ['speech_config', inConfig('speechConfig')],
  ['speechConfig', inConfig('speechConfig')],

  ['metadata', hint],
  ['prediction', hint],
  ['prompt_cache_key', hint],
  ['prompt_cache_options', hint],
  ['prompt_cache_retention', hint],
  ['safety_identifier', hint],
  ['user', hint],
  ['verbosity', hint],
  ['store', (value, found, around) => (value === false ? undefined : hint(value, found, around))],

  [
    'logit_bias',
    unsupported(
      'Token ids are specific to a tokenizer, and this model has another one.',
      (value) => isJsonObject(value) && Object.keys(value).length === 0,
    ),
  ],
  ['moderation', unsupported('It does not support this check.', () => false)],
]);

function stop(value: unknown, { config }: Parameters): void {
  const given: unknown[] = Array.isArray(value) ? value : [value];
  const told = given.filter((sequence) => sequence !== '');
  if (told.length > 0) config.stopSequences = told;
}

function modalities(value: unknown, { config }: Parameters): void {
  const asked: unknown[] = Array.isArray(value) ? value : [value];
  if (asked.every((one) => one === 'text')) return;
  config.responseModalities = asked.map((one) => (typeof one === 'string' ? one.toUpperCase() : one));
}

function audio(value: unknown, { config }: Parameters, { target }: ParameterContext): void {
  if (!isJsonObject(value)) return;
  const { voice, format } = value;
  if (format !== undefined && format !== 'pcm16')
    dropParameter(target, 'audio.format', 'It produces "pcm16" audio only.');
  const voiceName = isJsonObject(voice) ? voice.id : voice;
  if (voiceName !== undefined) config.speechConfig = { voiceConfig: { prebuiltVoiceConfig: { voiceName } } };
}

function serviceTier(value: unknown, { beside }: Parameters, { target }: ParameterContext): void {
  if (value === 'flex' || value === 'priority') beside.serviceTier = value;
  else if (value === 'default') beside.serviceTier = 'standard';
  else if (value !== 'auto') target.warn('"service_tier" was left out: this API has other tiers.');
}
