import { NEEDS } from '../abilities.js';
import { GatewayError } from '../errors.js';

/** Deeper bodies are refused: no real request is, and some JSON writers end the process on them (c04). */
const MAX_DEPTH = 128;

/** Parts that are data, not text, and what reads them; their bytes say nothing about tokens. */
const ATTACHMENTS: ReadonlyMap<unknown, number> = new Map([
  ['input_image', NEEDS.images],
  ['input_file', NEEDS.files],
  ['image_url', NEEDS.images],
  ['input_audio', NEEDS.audio],
  ['file', NEEDS.files],
  ['image', NEEDS.images],
  ['document', NEEDS.files],
  ['audio', NEEDS.audio],
]);

export interface InputSize {
  characters: number;
  attachments: number;
  /** What a model must be able to do to read it: bits of `NEEDS`. */
  needs?: number;
}

/** Adds up the text of a JSON value, keys included, in one walk that also bounds its depth. */
export function measureInput(value: unknown, size: InputSize, param: string, depth = 0): void {
  if (typeof value === 'string') {
    size.characters += value.length;
    return;
  }
  if (typeof value !== 'object' || value === null) {
    // A number is most often a token of its own, which estimates take for three characters.
    size.characters += 3;
    return;
  }
  if (depth > MAX_DEPTH) {
    throw new GatewayError('invalid_input', `"${param}" is nested more than ${MAX_DEPTH} levels deep.`, { param });
  }
  if (Array.isArray(value)) {
    for (const item of value) measureInput(item, size, param, depth + 1);
    return;
  }
  const object = value as Record<string, unknown>;
  const need = typeof object.type === 'string' ? ATTACHMENTS.get(object.type) : undefined;
  if (need !== undefined) {
    size.attachments += 1;
    size.needs = (size.needs ?? 0) | need;
    return;
  }
  for (const key in object) {
    size.characters += key.length;
    measureInput(object[key], size, param, depth + 1);
  }
}

/** What a call needs of a model besides reading its input. */
export function needsOf(size: InputSize, tools: unknown, format: unknown): number {
  let needs = size.needs ?? 0;
  if (Array.isArray(tools) && tools.length > 0) needs |= NEEDS.tools;
  if (typeof format === 'object' && format !== null && 'type' in format && format.type === 'json_schema') {
    needs |= NEEDS.jsonSchema;
  }
  return needs;
}
