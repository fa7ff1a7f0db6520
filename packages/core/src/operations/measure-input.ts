import { GatewayError } from '../errors.js';

/** Deeper bodies are refused: no real request is, and some JSON writers end the process on them (c04). */
const MAX_DEPTH = 128;

/** Parts that are data, not text; their bytes say nothing about tokens. */
const ATTACHMENTS = new Set([
  'input_image',
  'input_file',
  'image_url',
  'input_audio',
  'file',
  'image',
  'document',
  'audio',
]);

export interface InputSize {
  characters: number;
  attachments: number;
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
  if (typeof object.type === 'string' && ATTACHMENTS.has(object.type)) {
    size.attachments += 1;
    return;
  }
  for (const key in object) {
    size.characters += key.length;
    measureInput(object[key], size, param, depth + 1);
  }
}
