import { type EncodeTarget, isJsonObject, type JsonObject } from '@portico/core';
import { invalid, leaveOut } from '../shared/leave-out.js';
import type { ModelFamily } from './model-families.js';

/** Parameters that Bedrock takes otherwise than Anthropic, apart from those that it takes the same way. */
export interface OwnParameters {
  /** The request without them. */
  readonly rest: JsonObject;
  /** Fields of the request beside the conversation. */
  readonly fields: JsonObject;
  /** What the vendor's log of requests shall say. */
  readonly notes: JsonObject;
  /** For `additionalModelRequestFields`: what the model takes and Converse does not know. */
  readonly additional: JsonObject;
  /** Tools of the vendor's. */
  readonly tools: readonly JsonObject[];
}

/** Reads Bedrock's own fields by their own names, and those of OpenAI that have another place here. */
export function ownParameters(request: JsonObject, family: ModelFamily, target: EncodeTarget): OwnParameters {
  const rest: JsonObject = {};
  const fields: JsonObject = {};
  const notes: JsonObject = {};
  let additional: JsonObject = {};
  const tools: JsonObject[] = [];
  for (const [name, value] of Object.entries(request)) {
    if (value === null || value === undefined) continue;
    if (SAME.has(name)) fields[name] = value;
    else if (name === 'additionalModelRequestFields') additional = { ...additional, ...objectOf(value, name) };
    else if (name === 'anthropic_beta' && family.isClaude) additional.anthropic_beta = value;
    else if (name === 'service_tier') Object.assign(fields, serviceTier(value, target));
    else if (name === 'metadata' || name === 'requestMetadata') Object.assign(notes, fitNotes(value));
    else if (name === 'web_search_options') tools.push(...webSearch(target));
    // A mark on the whole request asks the vendor to set marks by itself, which Bedrock does not.
    else if (name === 'cache_control')
      target.warn('"cache_control" of the request was left out: mark messages instead.');
    else if (REASONING.has(name) && family.reasoning !== 'thinking') {
      additional = { ...reasoning(name, value, family, target), ...additional };
    } else rest[name] = value;
  }
  return { rest, fields, notes, additional, tools };

  function webSearch(to: EncodeTarget): JsonObject[] {
    if (family.webSearch) return [{ systemTool: { name: 'nova_grounding' } }];
    leaveOut(to, 'web_search_options', 'The model does not search the web here.');
    return [];
  }
}

const SAME: ReadonlySet<string> = new Set([
  'additionalModelResponseFieldPaths',
  'guardrailConfig',
  'performanceConfig',
  'promptVariables',
  'serviceTier',
]);

const REASONING: ReadonlySet<string> = new Set(['reasoning_effort', 'thinking']);

function objectOf(value: unknown, name: string): JsonObject {
  if (isJsonObject(value)) return value;
  throw invalid(name, `"${name}" must be an object.`);
}

function serviceTier(value: unknown, target: EncodeTarget): JsonObject {
  if (value === 'auto') return {};
  if (typeof value === 'string' && TIERS.has(value)) return { serviceTier: { type: value } };
  target.warn('"service_tier" was left out: Bedrock has another set of tiers.');
  return {};
}

const TIERS: ReadonlySet<string> = new Set(['default', 'flex', 'priority', 'reserved']);

/** Of what a client notes beside its request, what the log takes; it refuses requests for the rest. */
export function fitNotes(notes: unknown): JsonObject {
  const fit = Object.entries(isJsonObject(notes) ? notes : {}).filter(
    ([name, note]) => name !== '' && NOTE.test(name) && typeof note === 'string' && NOTE.test(note),
  );
  return Object.fromEntries(fit.slice(0, MOST_NOTES));
}

const NOTE = /^[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}$/;
/** One of 16 is left for who asks. */
const MOST_NOTES = 15;

/** How much a model thinks that is not Claude. */
function reasoning(name: string, value: unknown, family: ModelFamily, target: EncodeTarget): JsonObject {
  const level = levelOf(value);
  if (level === undefined) throw invalid(name, `"${name}" must be none, minimal, low, medium, high, xhigh or max.`);
  switch (family.reasoning) {
    case 'reasoningConfig':
      if (level === 'none') return { reasoningConfig: { type: 'disabled' } };
      return { reasoningConfig: { type: 'enabled', maxReasoningEffort: level } };
    case 'reasoning_effort':
      if (level === 'none') target.warn('The model cannot answer without thinking; it is asked to think little.');
      return { reasoning_effort: level === 'none' ? 'low' : level };
    case 'reasoning_config':
      if (level === 'none') target.warn('The model cannot answer without thinking; it is asked to think little.');
      return { reasoning_config: level === 'high' ? 'high' : 'low' };
    default:
      if (level !== 'none') leaveOut(target, name, 'The model cannot be told how much to think.');
      return {};
  }
}

function levelOf(value: unknown): 'none' | 'low' | 'medium' | 'high' | undefined {
  if (isJsonObject(value)) return value.type === 'disabled' ? 'none' : 'medium';
  return LEVELS.get(value);
}

const LEVELS: ReadonlyMap<unknown, 'none' | 'low' | 'medium' | 'high'> = new Map([
  ['none', 'none'],
  ['minimal', 'low'],
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['xhigh', 'high'],
  ['max', 'high'],
]);
