import { type EncodeTarget, isJsonObject, type JsonObject } from '@portico/core';
import { leaveOut } from '../shared/leave-out.js';

/** The parameters of a chat request that have a field of their own in the wire's request. */
export interface Parameters {
  /** Fields of `generationConfig`. */
  readonly config: JsonObject;
  /** Fields beside it. */
  readonly beside: JsonObject;
}

/** Reads them all; those without a counterpart are left out with a warning, or refused where they change the answer. */
export function parametersFromChat(request: JsonObject, target: EncodeTarget): Parameters {
  const found: Parameters = { config: {}, beside: {} };
  for (const [name, value] of Object.entries(request)) {
    if (value === null || value === undefined) continue;
    const rule = RULES.get(name);
    if (rule === undefined) target.warn(`"${name.slice(0, 64)}" was left out: this wire has no such parameter.`);
    else rule(value, found, { name, target });
  }
  return found;
}

/** What becomes of one parameter. Null and absent values never get here. */
type Rule = (value: unknown, found: Parameters, around: Around) => void;

interface Around {
  readonly name: string;
  readonly target: EncodeTarget;
}

/** Taken care of where the comment in the table says. */
const elsewhere: Rule = () => undefined;

/** `generationConfig` has the same by this name. */
function inConfig(name: string, usual?: unknown): Rule {
  return (value, { config }) => {
    if (value !== usual) config[name] = value;
  };
}

/** The request has the same by this name. */
function inRequest(name: string): Rule {
  return (value, { beside }) => {
    beside[name] = value;
  };
}

/** Changes how an answer is made or kept at OpenAI, not what is asked for. */
const hint: Rule = (_value, _found, { name, target }) => {
  target.warn(`"${name}" was left out: this wire has no such parameter.`);
};

/** Changes the answer, so it is not dropped unless the deployment says so; `usual` values ask for nothing. */
function unsupported(reason: string, usual: (value: unknown) => boolean): Rule {
  return (value, _found, { name, target }) => {
    if (!usual(value)) leaveOut(target, name, reason);
  };
}

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
  // structured-output.ts, thinking-from-chat.ts
  ['response_format', elsewhere],
  ['reasoning_effort', elsewhere],
  ['thinking', elsewhere],

  ['temperature', inConfig('temperature')],
  ['top_p', inConfig('topP')],
  ['top_k', inConfig('topK')],
  ['seed', inConfig('seed')],
  ['n', inConfig('candidateCount', 1)],
  // Not every model takes penalties, and some clients always send that there shall be none.
  ['presence_penalty', inConfig('presencePenalty', 0)],
  ['frequency_penalty', inConfig('frequencyPenalty', 0)],
  ['logprobs', inConfig('responseLogprobs', false)],
  ['top_logprobs', inConfig('logprobs', 0)],
  ['stop', stop],
  ['modalities', modalities],
  ['audio', audio],
  ['service_tier', serviceTier],

  // The wire's own, for clients that know them, in either spelling.
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
      'Its tokens are others than those that are named.',
      (value) => isJsonObject(value) && Object.keys(value).length === 0,
    ),
  ],
  ['moderation', unsupported('It has no such check.', () => false)],
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

function audio(value: unknown, { config }: Parameters, { target }: Around): void {
  if (!isJsonObject(value)) return;
  const { voice, format } = value;
  if (format !== undefined && format !== 'pcm16') leaveOut(target, 'audio.format', 'It speaks in "pcm16" only.');
  const voiceName = isJsonObject(voice) ? voice.id : voice;
  if (voiceName !== undefined) config.speechConfig = { voiceConfig: { prebuiltVoiceConfig: { voiceName } } };
}

function serviceTier(value: unknown, { beside }: Parameters, { target }: Around): void {
  if (value === 'flex' || value === 'priority') beside.serviceTier = value;
  else if (value === 'default') beside.serviceTier = 'standard';
  else if (value !== 'auto') target.warn('"service_tier" was left out: this wire has another set of tiers.');
}
