import { CAPABILITY_BITS } from '../../capabilities.js';
import { GatewayError } from '../../errors.js';

/** Deeper bodies are rejected: real requests are not that deep, and some JSON writers crash the process on them. */
const MAX_DEPTH = 128;

/** Parts that are data, not text, and the capability they need; their bytes say nothing about tokens. */
const ATTACHMENTS: ReadonlyMap<unknown, number> = new Map([
  ['input_image', CAPABILITY_BITS.images],
  ['input_file', CAPABILITY_BITS.files],
  ['image_url', CAPABILITY_BITS.images],
  ['input_audio', CAPABILITY_BITS.audio],
  ['file', CAPABILITY_BITS.files],
  ['image', CAPABILITY_BITS.images],
  ['document', CAPABILITY_BITS.files],
  ['audio', CAPABILITY_BITS.audio],
]);

export interface InputSize {
  characters: number;
  attachments: number;
  /** The capabilities needed to read it: bits of `NEEDS`. */
  needs?: number;
}

/** Adds up the text of a JSON value, including keys, in one pass that also limits its depth. */
export function measureInput(value: unknown, size: InputSize, param: string, depth = 0): void {
  if (typeof value === 'string') {
    size.characters += value.length;
    return;
  }
  if (typeof value !== 'object' || value === null) {
    // A number is usually one token, which estimates count as three characters.
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

/** The capabilities needed besides those for the input. */
export function requiredCapabilitiesOf(size: InputSize, tools: unknown, format: unknown): number {
  let needs = size.needs ?? 0;
  if (Array.isArray(tools) && tools.length > 0) needs |= CAPABILITY_BITS.tools;
  if (typeof format === 'object' && format !== null && 'type' in format && format.type === 'json_schema') {
    needs |= CAPABILITY_BITS.jsonSchema;
  }
  return needs;
}
