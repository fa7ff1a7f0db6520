import type { IncomingRequest } from '../incoming.js';
import { isJsonObject, type JsonObject } from '../json.js';
import type { Demand } from '../operation.js';
import { invalid, kindOf } from '../operations/read-fields.js';
import type { Steering } from '../steering.js';

/** How a request says something: as a field of its body, or as a header that begins with one of the prefixes. */
export interface SteeringSource {
  readonly body: JsonObject;
  readonly header: IncomingRequest['header'];
  /** `x-portico-`, and those of gateways that clients come from. */
  readonly headerPrefixes: readonly string[];
  /** Throws for a model the caller may not ask for. */
  checkTarget(name: string, where: string): void;
}

/** What steers, if anything does, and the body without it: upstreams know nothing of this. */
export interface Steered {
  readonly steering: Steering | undefined;
  readonly body: JsonObject;
}

const MOST_FALLBACKS = 10;
const MOST_RETRIES = 10;
const MOST_TAGS = 50;
const LONGEST_TAG = 128;

/** The fields of a body that steer. */
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

/** Reads what a request asks of its own routing. Throws `invalid_input` that names the field or header, and what `checkTarget` throws. */
export function readSteering(source: SteeringSource, demand: Demand): Steered {
  const timeoutMs = millisecondsOf(source, 'timeout');
  const streamTimeoutMs = millisecondsOf(source, 'stream_timeout');
  const tags = tagsOf(source);
  const rest = {
    fallbacks: targetsOf(source, 'fallbacks', demand.model),
    contextFallbacks: targetsOf(source, 'context_window_fallbacks', demand.model),
    contentFallbacks: targetsOf(source, 'content_policy_fallbacks', demand.model),
    fallbacksOff: flagOf(source, 'disable_fallbacks'),
    maxFallbacks: countOf(source, 'max_fallbacks', MOST_FALLBACKS),
    maxRetries: countOf(source, 'num_retries', MOST_RETRIES),
    totalMs: demand.stream ? (streamTimeoutMs ?? timeoutMs) : timeoutMs,
  };
  const steers = tags.length > 0 || Object.values(rest).some((value) => value !== undefined && value !== false);
  return { steering: steers ? Object.freeze({ tags, ...rest }) : undefined, body: withoutSteering(source.body) };
}

type Field = (typeof FIELDS)[number];

/** What is said of a field, and where. A body goes before headers; null counts as absent. */
function said(source: SteeringSource, field: Field): { readonly value: unknown; readonly where: string } | undefined {
  const value = source.body[field];
  if (value !== undefined && value !== null) return { value, where: field };
  for (const prefix of source.headerPrefixes) {
    const where = prefix + field.replaceAll('_', '-');
    const text = source.header(where);
    if (text !== undefined) return { value: text, where };
  }
  return undefined;
}

function tagsOf(source: SteeringSource): readonly string[] {
  const { metadata } = source.body;
  const tags = new Set<string>();
  const add = (value: unknown, where: string) => {
    const given = Array.isArray(value) ? value : [value];
    for (const tag of given) {
      if (typeof tag !== 'string' || tag === '' || tag.length > LONGEST_TAG) {
        throw invalid(where, `"${where}" must be a list of texts of 1 to ${LONGEST_TAG} characters.`);
      }
      tags.add(tag);
    }
    if (tags.size > MOST_TAGS) throw invalid(where, `"${where}" makes more than ${MOST_TAGS} tags.`);
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

/** The targets for the model asked for: `["a", "b"]`, or a list of maps of a model to such a list, followed from it. */
function targetsOf(source: SteeringSource, field: Field, model: string): readonly string[] | undefined {
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
        `"${where}[${index}]" must be the name of a model, or a map of one to a list of those; found ${kindOf(item)}.`,
      );
  });
  const targets = maps.size === 0 ? names : [...names, ...reachedFrom(model, maps)];
  const others = [...new Set(targets)].filter((target) => target !== model);
  if (others.length > MOST_FALLBACKS) {
    throw invalid(where, `"${where}" names ${others.length} models; ${MOST_FALLBACKS} are the most.`);
  }
  for (const target of others) source.checkTarget(target, where);
  return others;
}

/** Everybody who would be asked in turn, each after those who come before it: what is asked for, then what its targets lead to. */
function reachedFrom(model: string, maps: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const reached = new Set<string>(maps.get(model) ?? maps.get('*'));
  // A Set hands out what is added while it is walked.
  for (const target of reached) for (const next of maps.get(target) ?? []) reached.add(next);
  return [...reached];
}

function namesIn(value: unknown, where: string): readonly string[] {
  const names: unknown[] = Array.isArray(value) ? value : [value];
  if (names.every((name): name is string => typeof name === 'string' && name !== '')) return names;
  throw invalid(where, `"${where}" must lead to a list of names of models.`);
}

function flagOf(source: SteeringSource, field: Field): boolean {
  const found = said(source, field);
  if (found === undefined) return false;
  const { value, where } = found;
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  throw invalid(where, `"${where}" must be true or false; found ${kindOf(value)}.`);
}

function countOf(source: SteeringSource, field: Field, most: number): number | undefined {
  const found = said(source, field);
  if (found === undefined) return undefined;
  const count = numberIn(found.value);
  if (Number.isInteger(count) && count >= 0 && count <= most) return count;
  throw invalid(found.where, `"${found.where}" must be a whole number from 0 to ${most}.`);
}

function millisecondsOf(source: SteeringSource, field: Field): number | undefined {
  const found = said(source, field);
  if (found === undefined) return undefined;
  const seconds = numberIn(found.value);
  if (seconds > 0 && Number.isFinite(seconds)) return Math.ceil(seconds * 1_000);
  throw invalid(found.where, `"${found.where}" must be a number of seconds above 0.`);
}

/** Headers and forms say numbers as text. */
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

function withoutSteering(body: JsonObject): JsonObject {
  const { metadata } = body;
  const tagged = hasTags(metadata);
  if (!tagged && !FIELDS.some((field) => field in body)) return body;
  const rest: Record<string, unknown> = { ...body };
  for (const field of FIELDS) delete rest[field];
  // What else a client says of its request is its own and the vendor's; a list among it is no vendor's.
  if (tagged) {
    const { tags: _, ...others } = metadata;
    rest.metadata = others;
  }
  return rest;
}

function hasTags(metadata: unknown): metadata is JsonObject & { readonly tags: readonly unknown[] } {
  return isJsonObject(metadata) && Array.isArray(metadata.tags);
}
