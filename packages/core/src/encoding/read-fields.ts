import { GatewayError } from '../errors.js';
import type { JsonObject } from './json.js';

/** The model group that a body requests. */
export function readModel(body: JsonObject): string {
  const { model } = body;
  if (typeof model === 'string' && model !== '') return model;
  const found = model === undefined ? 'it is missing' : `found ${describeType(model)}`;
  throw invalid('model', `"model" must be the name of a model as a string; ${found}.`);
}

/** An optional boolean; null counts as absent, as it does for OpenAI. */
export function readFlag(body: JsonObject, name: string): boolean {
  const value = body[name];
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  throw invalid(name, `"${name}" must be true or false; found ${describeType(value)}.`);
}

/** An optional positive integer; null counts as absent. */
export function readCount(body: JsonObject, name: string): number | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(name, `"${name}" must be a whole number that is not negative; found ${describeType(value)}.`);
}

/** An optional limit on the output. Zero counts as absent: vendors ignore it or refuse it, and nothing limits them then. */
export function readLimit(body: JsonObject, name: string): number | undefined {
  return readCount(body, name) || undefined;
}

/** Whether `stream_options.include_usage` is set. */
export function readWantsUsage(body: JsonObject): boolean {
  const options = body.stream_options;
  return typeof options === 'object' && options !== null && (options as JsonObject).include_usage === true;
}

/** An error that names the field. */
export function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_input', message, { param });
}

/** The type of a value in words, without its contents. */
export function describeType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (value === '') return 'an empty string';
  return `a ${typeof value}`;
}
