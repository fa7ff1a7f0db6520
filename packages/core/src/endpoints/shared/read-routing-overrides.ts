import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import { describeType, invalid } from '../../encoding/read-fields.js';
import type { IncomingRequest } from '../../incoming-request.js';
import type { RequestSummary } from '../../operation.js';
import type { RoutingOverrides } from '../../routes/routing-overrides.js';

/** Where a request has an override: in a field of its body, or in a header with one of the prefixes. */
export interface OverridesSource {
  readonly body: JsonObject;
  readonly header: IncomingRequest['header'];
  /** `x-portico-`, and the prefixes of other gateways. */
  readonly headerPrefixes: readonly string[];
  /** Throws for a model the caller may not use. */
  checkTarget(name: string, where: string): void;
}

/** The routing overrides, if any, and the body without them: upstreams do not see them. */
export interface OverridableCall {
  readonly overrides: RoutingOverrides | undefined;
  readonly body: JsonObject;
}

const MOST_FALLBACKS = 10;
const MOST_RETRIES = 10;
const MOST_TAGS = 50;
const LONGEST_TAG = 128;

/** The fields of a body with overrides. */
const FIELDS = [
  'fallbacks',
  'context_window_fallbacks',
  'content_policy_fallbacks',
  'disable_fallbacks',
  'max_fallbacks',
  'num_retries',
  'timeout',
  'stream_timeout',
  'tags',
] as const;

/**
 * Reads the routing overrides of a request. Throws `invalid_input` that names the field or header, and what
 * `checkTarget` throws.
 */
export function readRoutingOverrides(source: OverridesSource, summary: RequestSummary): OverridableCall {
  const timeoutMs = millisecondsOf(source, 'timeout');
  const streamTimeoutMs = millisecondsOf(source, 'stream_timeout');
  const tags = tagsOf(source);
  const rest = {
    fallbacks: targetsOf(source, 'fallbacks', summary.model),
    contextFallbacks: targetsOf(source, 'context_window_fallbacks', summary.model),
    contentFallbacks: targetsOf(source, 'content_policy_fallbacks', summary.model),
    fallbacksOff: flagOf(source, 'disable_fallbacks'),
    maxFallbacks: countOf(source, 'max_fallbacks', MOST_FALLBACKS),
    maxRetries: countOf(source, 'num_retries', MOST_RETRIES),
    totalMs: summary.stream ? (streamTimeoutMs ?? timeoutMs) : timeoutMs,
  };
  const hasOverrides = tags.length > 0 || Object.values(rest).some((value) => value !== undefined && value !== false);
  return {
    overrides: hasOverrides ? Object.freeze({ tags, ...rest }) : undefined,
    body: withoutOverrides(source.body),
  };
}

type Field = (typeof FIELDS)[number];

/** The value of a field and where it was found. The body takes precedence over headers; null counts as absent. */
function said(source: OverridesSource, field: Field): { readonly value: unknown; readonly where: string } | undefined {
  const value = source.body[field];
  if (value !== undefined && value !== null) return { value, where: field };
  for (const prefix of source.headerPrefixes) {
    const where = prefix + field.replaceAll('_', '-');
    const text = source.header(where);
    if (text !== undefined) return { value: text, where };
  }
  return undefined;
}

function tagsOf(source: OverridesSource): readonly string[] {
  const { metadata } = source.body;
  const tags = new Set<string>();
  const add = (value: unknown, where: string) => {
    const given = Array.isArray(value) ? value : [value];
    for (const tag of given) {
      if (typeof tag !== 'string' || tag === '' || tag.length > LONGEST_TAG) {
        throw invalid(where, `"${where}" must be a list of strings of 1 to ${LONGEST_TAG} characters.`);
      }
      tags.add(tag);
    }
    if (tags.size > MOST_TAGS) throw invalid(where, `"${where}" gives more than ${MOST_TAGS} tags.`);
  };
  if (source.body.tags !== undefined && source.body.tags !== null) add(source.body.tags, 'tags');
  if (hasTags(metadata)) add(metadata.tags, 'metadata.tags');
  for (const prefix of source.headerPrefixes) {
    const where = `${prefix}tags`;
    const text = source.header(where);
    if (text !== undefined) add(textsIn(text), where);
  }
  return [...tags];
}

/**
 * The targets for the requested model: `["a", "b"]`, or a list of maps from a model to such a list, which is followed
 * from the requested model.
 */
function targetsOf(source: OverridesSource, field: Field, model: string): readonly string[] | undefined {
  const found = said(source, field);
  if (found === undefined) return undefined;
  const { value, where } = found;
  const items: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? textsIn(value) : [value];
  const maps = new Map<string, readonly string[]>();
  const names: string[] = [];
  items.forEach((item, index) => {
    if (typeof item === 'string' && item !== '') names.push(item);
    else if (isJsonObject(item))
      for (const [from, to] of Object.entries(item)) maps.set(from, namesIn(to, `${where}[${index}]`));
    else
      throw invalid(
        where,
        `"${where}[${index}]" must be the name of a model, or a map from one to a list of names; found ${describeType(item)}.`,
      );
  });
  const targets = maps.size === 0 ? names : [...names, ...reachedFrom(model, maps)];
  const others = [...new Set(targets)].filter((target) => target !== model);
  if (others.length > MOST_FALLBACKS) {
    throw invalid(where, `"${where}" names ${others.length} models; the maximum is ${MOST_FALLBACKS}.`);
  }
  for (const target of others) source.checkTarget(target, where);
  return others;
}

/** All models that would be tried, each after those before it: the requested one, then its targets. */
function reachedFrom(model: string, maps: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const reached = new Set<string>(maps.get(model) ?? maps.get('*'));
  // A Set also iterates entries that are added during the loop.
  for (const target of reached) for (const next of maps.get(target) ?? []) reached.add(next);
  return [...reached];
}

function namesIn(value: unknown, where: string): readonly string[] {
  const names: unknown[] = Array.isArray(value) ? value : [value];
  if (names.every((name): name is string => typeof name === 'string' && name !== '')) return names;
  throw invalid(where, `"${where}" must map to a list of names of models.`);
}

function flagOf(source: OverridesSource, field: Field): boolean {
  const found = said(source, field);
  if (found === undefined) return false;
  const { value, where } = found;
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  throw invalid(where, `"${where}" must be true or false; found ${describeType(value)}.`);
}

function countOf(source: OverridesSource, field: Field, most: number): number | undefined {
  const found = said(source, field);
  if (found === undefined) return undefined;
  const count = numberIn(found.value);
  if (Number.isInteger(count) && count >= 0 && count <= most) return count;
  throw invalid(found.where, `"${found.where}" must be a whole number from 0 to ${most}.`);
}

function millisecondsOf(source: OverridesSource, field: Field): number | undefined {
  const found = said(source, field);
  if (found === undefined) return undefined;
  const seconds = numberIn(found.value);
  if (seconds > 0 && Number.isFinite(seconds)) return Math.ceil(seconds * 1_000);
  throw invalid(found.where, `"${found.where}" must be a number of seconds above 0.`);
}

/** Headers and forms contain numbers as text. */
function numberIn(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}

function textsIn(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function withoutOverrides(body: JsonObject): JsonObject {
  const { metadata } = body;
  const tagged = hasTags(metadata);
  if (!tagged && !FIELDS.some((field) => field in body)) return body;
  const rest: Record<string, unknown> = { ...body };
  for (const field of FIELDS) delete rest[field];
  // Other metadata belongs to the client and the vendor; no vendor accepts a list there.
  if (tagged) {
    const { tags: _, ...others } = metadata;
    rest.metadata = others;
  }
  return rest;
}

function hasTags(metadata: unknown): metadata is JsonObject & { readonly tags: readonly unknown[] } {
  return isJsonObject(metadata) && Array.isArray(metadata.tags);
}
