import { isJsonObject, type JsonObject } from '@portico/core';
import { resolveReference } from '../shared/resolve-reference.js';

/** A schema in the form that structured outputs accept. */
export interface NativeSchema {
  readonly schema: JsonObject;
  /** Keywords that are not enforced and were moved into descriptions. */
  readonly unenforced: ReadonlySet<string>;
}

/**
 * Adapts a JSON schema to what structured outputs accept
 * (https://docs.claude.com/en/docs/build-with-claude/structured-outputs): every object closed, no bounds, no
 * recursion. Bounds are moved into the description, so that the model at least sees them. Undefined if that would
 * change the meaning: maps, free-form objects, recursion.
 */
export function nativeSchema(schema: JsonObject): NativeSchema | undefined {
  if (isRecursive(schema)) return undefined;
  const unenforced = new Set<string>();
  const fitted = fit(schema, unenforced);
  return fitted === undefined ? undefined : { schema: fitted, unenforced };
}

const KEPT = new Set(['$schema', 'type', 'required', '$ref', 'description', 'title', 'default', 'enum', 'const']);
const HOLDS_SCHEMA = new Set(['items']);
const HOLDS_LIST = new Set(['anyOf', 'allOf', 'oneOf']);
const HOLDS_MAP = new Set(['properties', '$defs', 'definitions']);
const FORMATS = new Set(['date-time', 'date', 'time', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid']);
/** Look-around, word boundaries and back-references are not supported in enforced regular expressions. */
const UNENFORCED_PATTERN = /\(\?[=!<]|\\[bB1-9]/;

function fit(schema: JsonObject, unenforced: Set<string>): JsonObject | undefined {
  if (isOpen(schema)) return undefined;
  const fitted: JsonObject = {};
  const bounds: string[] = [];
  for (const [keyword, value] of Object.entries(schema)) {
    const held = adaptNested(keyword, value, unenforced);
    if (held === IMPOSSIBLE) return undefined;
    if (held !== undefined) {
      // The model follows one of several alternatives anyway.
      fitted[keyword === 'oneOf' ? 'anyOf' : keyword] = held;
    } else if (isEnforced(keyword, value)) {
      fitted[keyword] = value;
    } else if (keyword !== 'additionalProperties') {
      unenforced.add(keyword);
      bounds.push(`${keyword}: ${JSON.stringify(value)}`);
    }
  }
  if (isObjectSchema(schema)) fitted.additionalProperties = false;
  if (bounds.length > 0) {
    const remark = `{${bounds.join(', ')}}`;
    fitted.description = typeof fitted.description === 'string' ? `${fitted.description}\n\n${remark}` : remark;
  }
  return fitted;
}

const IMPOSSIBLE = Symbol('impossible');

function adaptNested(keyword: string, value: unknown, unenforced: Set<string>): unknown {
  if (HOLDS_SCHEMA.has(keyword) && isJsonObject(value)) return fit(value, unenforced) ?? IMPOSSIBLE;
  if (HOLDS_LIST.has(keyword) && Array.isArray(value)) {
    const fitted = value.map((item: unknown) => (isJsonObject(item) ? fit(item, unenforced) : item));
    return fitted.includes(undefined) ? IMPOSSIBLE : fitted;
  }
  if (HOLDS_MAP.has(keyword) && isJsonObject(value)) {
    const fitted = Object.entries(value).map(([name, item]) => [
      name,
      isJsonObject(item) ? fit(item, unenforced) : item,
    ]);
    return fitted.some(([, item]) => item === undefined) ? IMPOSSIBLE : Object.fromEntries(fitted);
  }
  return undefined;
}

function isEnforced(keyword: string, value: unknown): boolean {
  if (KEPT.has(keyword)) return true;
  if (keyword === 'minItems') return value === 0 || value === 1;
  if (keyword === 'format') return typeof value === 'string' && FORMATS.has(value);
  return keyword === 'pattern' && typeof value === 'string' && !UNENFORCED_PATTERN.test(value);
}

function isObjectSchema(schema: JsonObject): boolean {
  const { type } = schema;
  return type === 'object' || (Array.isArray(type) && type.includes('object')) || isJsonObject(schema.properties);
}

/** Objects with arbitrary keys: closing them would leave them empty. */
function isOpen(schema: JsonObject): boolean {
  if (!isObjectSchema(schema)) return false;
  const { properties, additionalProperties, patternProperties } = schema;
  if (isJsonObject(patternProperties)) return true;
  if (isJsonObject(additionalProperties) && Object.keys(additionalProperties).length > 0) return true;
  const hasProperties = isJsonObject(properties) && Object.keys(properties).length > 0;
  return !hasProperties && additionalProperties !== false;
}

function isRecursive(root: JsonObject): boolean {
  const finished = new Set<string>();
  const visit = (schema: unknown, within: ReadonlySet<string>): boolean => {
    if (Array.isArray(schema)) return schema.some((item) => visit(item, within));
    if (!isJsonObject(schema)) return false;
    const { $ref: reference, $defs: _defs, definitions: _definitions, ...rest } = schema;
    if (typeof reference === 'string' && !finished.has(reference)) {
      if (within.has(reference)) return true;
      if (visit(resolveReference(root, reference), new Set([...within, reference]))) return true;
      finished.add(reference);
    }
    return Object.values(rest).some((item) => visit(item, within));
  };
  return visit(root, new Set(['#']));
}
