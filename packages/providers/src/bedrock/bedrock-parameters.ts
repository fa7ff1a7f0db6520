import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { dropParameter, invalid } from '../shared/drop-parameter.js';
import type { ModelFamily } from './model-families.js';

/** Parameters that differ between Bedrock and Anthropic. */
export interface OwnParameters {
  /** The request without them. */
  readonly rest: JsonObject;
  /** Fields of the request beside the conversation. */
  readonly fields: JsonObject;
  /** Metadata for the vendor's request log. */
  readonly notes: JsonObject;
  /** For `additionalModelRequestFields`: fields that the model supports and Converse does not know. */
  readonly additional: JsonObject;
  /** Tools of the vendor. */
  readonly tools: readonly JsonObject[];
}

/** Reads Bedrock's own fields by their own names, and those of OpenAI that are elsewhere here. */
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
    else if (name === 'metadata' || name === 'requestMetadata') Object.assign(notes, adaptMetadata(value));
    else if (name === 'web_search_options') tools.push(...webSearch(target));
    // A cache mark on the whole request asks the vendor to set marks itself, which Bedrock does not support.
    else if (name === 'cache_control')
      target.warn('"cache_control" of the request was left out: mark messages instead.');
    else if (REASONING.has(name) && family.reasoning !== 'thinking') {
      additional = { ...reasoning(name, value, family, target), ...additional };
    } else rest[name] = value;
  }
  return { rest, fields, notes, additional, tools };

  function webSearch(to: EncodeTarget): JsonObject[] {
    if (family.webSearch) return [{ systemTool: { name: 'nova_grounding' } }];
    dropParameter(to, 'web_search_options', 'The model has no web search here.');
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
  target.warn('"service_tier" was left out: Bedrock has other tiers.');
  return {};
}

const TIERS: ReadonlySet<string> = new Set(['default', 'flex', 'priority', 'reserved']);

/** The part of the client's metadata that the log accepts; it rejects requests with anything else. */
export function adaptMetadata(notes: unknown): JsonObject {
  const fit = Object.entries(isJsonObject(notes) ? notes : {}).filter(
    ([name, note]) => name !== '' && NOTE.test(name) && typeof note === 'string' && NOTE.test(note),
  );
  return Object.fromEntries(fit.slice(0, MOST_NOTES));
}

const NOTE = /^[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}$/;
/** One of 16 is reserved for the end user. */
const MOST_NOTES = 15;

/** The amount of thinking of models other than Claude. */
function reasoning(name: string, value: unknown, family: ModelFamily, target: EncodeTarget): JsonObject {
  const level = levelOf(value);
  if (level === undefined) throw invalid(name, `"${name}" must be none, minimal, low, medium, high, xhigh or max.`);
  switch (family.reasoning) {
    case 'reasoningConfig':
      if (level === 'none') return { reasoningConfig: { type: 'disabled' } };
      return { reasoningConfig: { type: 'enabled', maxReasoningEffort: level } };
    case 'reasoning_effort':
      if (level === 'none') target.warn('The model cannot answer without thinking; the lowest thinking level was set.');
      return { reasoning_effort: level === 'none' ? 'low' : level };
    case 'reasoning_config':
      if (level === 'none') target.warn('The model cannot answer without thinking; the lowest thinking level was set.');
      return { reasoning_config: level === 'high' ? 'high' : 'low' };
    default:
      if (level !== 'none') dropParameter(target, name, 'The thinking budget of the model cannot be set.');
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
