import { CAPABILITY_BITS } from '../../capabilities.js';
import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import { GatewayError } from '../../errors.js';
import { weighedLength } from '../../usage/weighed-length.js';

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

/** Fields of an attachment that may hold data or the address of data. */
const DATA_FIELDS = new Set(['data', 'file_data', 'url', 'image_url', 'file_url', 'file_id', 'bytes']);
/** Base64, an address, or a data URL that is not text. Anything else in such a field is text to the vendor. */
const DATA =
  /^(?:[A-Za-z0-9+/_\-\r\n]*={0,2}|(?:https?|s3|gs):\/\/\S*|data:(?!text\/)[^,\s]*;base64,[A-Za-z0-9+/_\-\r\n]*={0,2})$/;
/** Keys and names of an attachment that the flat rate covers. */
const COVERED_CHARACTERS = 200;

/** Fields of bodies that models do not read. All others count, known or not. */
const UNREAD_FIELDS = new Set([
  'model',
  'metadata',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'stream_options',
  'previous_response_id',
]);
/** Fields of bodies in which a `type` can be that of an attachment. In tools and schemas everything is text. */
const CONTENT_FIELDS = new Set(['messages', 'input', 'system', 'documents', 'content', 'output']);

export interface InputSize {
  /** UTF-16 units, those of scripts with more tokens per character counted more than once: see `weighedLength`. */
  characters: number;
  attachments: number;
  /** The capabilities needed to read it: bits of `CAPABILITY_BITS`. */
  needs?: number;
}

/**
 * The size of a whole request body. Vendors read more fields than are known here, so everything is measured but what
 * they surely do not read.
 */
export function measureBody(body: JsonObject): InputSize {
  const size: InputSize = { characters: 0, attachments: 0 };
  for (const field in body) {
    const value = body[field];
    // Numbers and flags are settings.
    if ((typeof value !== 'string' && typeof value !== 'object') || value === null || UNREAD_FIELDS.has(field))
      continue;
    if (CONTENT_FIELDS.has(field)) measureInput(value, size, field);
    else measureText(value, size, field);
  }
  return size;
}

/** Adds up the text of content, including keys, in one pass that also limits its depth. */
export function measureInput(value: unknown, size: InputSize, param: string): void {
  measure(value, size, param, 0, true);
}

/** The same of a value in which everything is text. */
function measureText(value: unknown, size: InputSize, param: string): void {
  measure(value, size, param, 0, false);
}

function measure(value: unknown, size: InputSize, param: string, depth: number, isContent: boolean): void {
  if (typeof value === 'string') {
    size.characters += weighedLength(value);
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
    for (const item of value) measure(item, size, param, depth + 1, isContent);
    return;
  }
  const object = value as JsonObject;
  const need = isContent && typeof object.type === 'string' ? ATTACHMENTS.get(object.type) : undefined;
  if (need !== undefined) {
    size.attachments += 1;
    size.needs = (size.needs ?? 0) | need;
    size.characters += Math.max(0, charactersOfAttachment(object, param, depth) - COVERED_CHARACTERS);
    return;
  }
  for (const key in object) {
    size.characters += weighedLength(key);
    measure(object[key], size, param, depth + 1, isContent);
  }
}

/** The text of an attachment: titles, and documents that are sent as text. */
function charactersOfAttachment(attachment: JsonObject, param: string, depth: number): number {
  const text: InputSize = { characters: 0, attachments: 0 };
  addText(attachment, depth);
  return text.characters;

  function addText(object: JsonObject, at: number): void {
    for (const key in object) {
      const value = object[key];
      text.characters += weighedLength(key);
      if (typeof value === 'string' && DATA_FIELDS.has(key) && object.type !== 'text' && DATA.test(value)) continue;
      if (isJsonObject(value) && at < MAX_DEPTH) addText(value, at + 1);
      else measure(value, text, param, at + 1, false);
    }
  }
}

/** The capabilities needed besides those for the input. */
export function requiredCapabilitiesOf(size: InputSize, body: JsonObject, format: unknown): number {
  const { tools } = body;
  let needs = size.needs ?? 0;
  if (Array.isArray(tools) && tools.length > 0) needs |= CAPABILITY_BITS.tools;
  if (typeof format === 'object' && format !== null && 'type' in format && format.type === 'json_schema') {
    needs |= CAPABILITY_BITS.jsonSchema;
  }
  if (asksForDearerTier(body)) needs |= CAPABILITY_BITS.priorityTier;
  return needs;
}

/** Tiers of OpenAI, Anthropic, Groq and Gemini that cost at most the usual price. */
const USUAL_TIERS = new Set<unknown>([
  undefined,
  null,
  'auto',
  'default',
  'standard',
  'standard_only',
  'on_demand',
  'flex',
]);

/** Faster answers cost a multiple: https://openai.com/api/priority-processing/, Anthropic's `speed: "fast"`. */
function asksForDearerTier({ service_tier: tier, serviceTier, speed }: JsonObject): boolean {
  return !USUAL_TIERS.has(tier) || !USUAL_TIERS.has(serviceTier) || !USUAL_TIERS.has(speed);
}
