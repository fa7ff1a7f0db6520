import { isObject } from '../answers/json-object.js';

/** A JSON object whose fields are not known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** One place in a body: how to get there, and what stands there. */
export interface Place {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/**
 * The places of a body that a pattern names, in order. A pattern is a dotted path, where `name[]` means every entry of
 * a list, `name[type=text|image]` the entries whose field has one of these values, and `name[-type]` the entries
 * without that field. The empty pattern is the body itself. Places whose value is undefined are left out.
 */
export function placesOf(body: unknown, pattern: string): Place[] {
  let found: Place[] = [{ path: [], value: body }];
  for (const step of pattern === '' ? [] : pattern.split('.')) found = found.flatMap((place) => stepInto(place, step));
  return found;
}

/** Every object inside a value, the value itself included. */
export function objectsIn(value: unknown, path: Place['path'] = []): Place[] {
  if (Array.isArray(value)) return value.flatMap((entry, at) => objectsIn(entry, [...path, at]));
  if (!isObject(value)) return [];
  return [{ path, value }, ...Object.entries(value).flatMap(([key, entry]) => objectsIn(entry, [...path, key]))];
}

/** The objects of a list, and none of anything else. */
export function objectsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** A path as most vendors print it: `messages[0].content`. */
export function bracketed(path: Place['path']): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? key : `${text}.${key}`;
  }, '');
}

/** A path as Anthropic and Groq print it: `messages.0.content`. */
export function dotted(path: Place['path']): string {
  return path.join('.');
}

const STEP = /^([^[]+)(?:\[([^\]]*)\])?$/;

function stepInto({ path, value }: Place, step: string): Place[] {
  const [, name = '', filter] = STEP.exec(step) ?? [];
  if (!isObject(value) || value[name] === undefined) return [];
  const here = { path: [...path, name], value: value[name] };
  if (filter === undefined) return [here];
  if (!Array.isArray(here.value)) return [];
  return here.value.flatMap((entry: unknown, at) =>
    passes(entry, filter) ? [{ path: [...here.path, at], value: entry }] : [],
  );
}

function passes(entry: unknown, filter: string): boolean {
  if (filter === '') return true;
  if (!isObject(entry)) return false;
  if (filter.startsWith('-')) return entry[filter.slice(1)] === undefined;
  const [field = '', values = ''] = filter.split('=');
  return values.split('|').includes(String(entry[field]));
}

/** The words of a text, for long lists of names. */
export function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
