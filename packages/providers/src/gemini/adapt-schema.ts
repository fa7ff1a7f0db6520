import { isJsonObject, type JsonObject } from '@portico/core';
import { resolveReference } from '../shared/resolve-reference.js';
import type { ModelFamily } from './model-families.js';

/** A schema in the format of the API. */
export interface AdaptedSchema {
  readonly schema: JsonObject;
  /** Keywords that were removed. Those with a meaning for the model are in descriptions instead. */
  readonly removed: ReadonlySet<string>;
}

/**
 * Adapts a JSON schema to the API: nearly all of JSON Schema for newer models (`responseJsonSchema`), a subset of
 * OpenAPI's for older and unknown ones (`responseSchema`). References are replaced by their target; a recursive one
 * ends in an object of any form at its second occurrence. https://ai.google.dev/api/caching#Schema,
 * https://ai.google.dev/gemini-api/docs/structured-output
 */
export function adaptSchema(schema: JsonObject, family: ModelFamily): AdaptedSchema {
  const fitting: Fitting = {
    root: schema,
    rules: family.jsonSchema ? JSON_SCHEMA : OPENAPI,
    removed: new Set(),
    within: [],
    depths: new Map(),
    sizes: new Map(),
    room: MOST_COPIED,
  };
  return { schema: fit(schema, fitting), removed: fitting.removed };
}

/** The field of a declaration with the parameters, in the form that the family supports. */
export function parametersField(family: ModelFamily): string {
  return family.jsonSchema ? 'parametersJsonSchema' : 'parameters';
}

interface Fitting {
  readonly root: JsonObject;
  readonly rules: Rules;
  readonly removed: Set<string>;
  /** The references that are being replaced, outermost first. */
  readonly within: string[];
  /** How often each of them is there. */
  readonly depths: Map<string, number>;
  /** Characters of the targets of references. */
  readonly sizes: Map<string, number>;
  /** Characters that references may still add. */
  room: number;
}

interface Rules {
  readonly kept: ReadonlySet<string>;
  readonly formats: ReadonlySet<string>;
  /** Has a null type; otherwise a mark on nullable values. */
  readonly hasNull: boolean;
  /** Objects may have arbitrary keys, and enums may contain values of any type. */
  readonly isFree: boolean;
}

const EVERYWHERE = ['type', 'title', 'description', 'enum', 'items', 'minItems', 'maxItems', 'minimum', 'maximum'];
const OBJECTS = ['anyOf', 'properties', 'required', 'propertyOrdering', 'format'];
const JSON_SCHEMA: Rules = {
  kept: new Set([...EVERYWHERE, ...OBJECTS, 'prefixItems', 'additionalProperties']),
  formats: new Set(['date-time', 'date', 'time', 'int32', 'int64', 'float', 'double']),
  hasNull: true,
  isFree: true,
};
const OPENAPI: Rules = {
  kept: new Set([
    ...EVERYWHERE,
    ...OBJECTS,
    'nullable',
    'minProperties',
    'maxProperties',
    'minLength',
    'maxLength',
    'pattern',
  ]),
  formats: new Set(['date-time', 'enum', 'int32', 'int64', 'float', 'double']),
  hasNull: false,
  isFree: false,
};

/** No meaning for validation: removed without a warning. */
const ANNOTATIONS = new Set([
  '$schema',
  '$id',
  '$anchor',
  '$comment',
  '$defs',
  'definitions',
  'discriminator',
  'examples',
  'example',
  'deprecated',
  'readOnly',
  'writeOnly',
  'strict',
]);
/** How often the same reference may be nested in itself. */
const MOST_WITHIN = 2;
/** Characters that references may add; beyond that they are no longer followed: some schemas grow exponentially. */
const MOST_COPIED = 500_000;

function fit(given: JsonObject, fitting: Fitting): JsonObject {
  const outer = fitting.within.length;
  const schema = nullTold(plain(given, fitting), fitting.rules);
  const fitted: JsonObject = {};
  const remarks: string[] = [];
  for (const [keyword, value] of Object.entries(schema)) {
    if (ANNOTATIONS.has(keyword) || value === undefined) continue;
    const kept = fitting.rules.kept.has(keyword) ? adaptKeyword(keyword, value, fitting) : undefined;
    if (kept !== undefined) fitted[keyword] = kept;
    // Closed objects are described by their properties alone.
    else if (!(keyword === 'additionalProperties' && value === false)) {
      fitting.removed.add(keyword);
      remarks.push(`${keyword}: ${JSON.stringify(value)}`);
    }
  }
  for (const left of fitting.within.splice(outer)) fitting.depths.set(left, (fitting.depths.get(left) ?? 1) - 1);
  return complete(described(fitted, remarks), fitting.rules);
}

/** The schema in the supported keywords: without references, with `allOf` merged, and one list of alternatives. */
function plain(given: JsonObject, fitting: Fitting): JsonObject {
  let schema = retold(flat(given, fitting));
  if (fitting.rules.hasNull) return schema;
  for (let only = onlyForm(schema); only !== undefined; only = onlyForm(schema)) schema = retold(flat(only, fitting));
  return schema;
}

/** The schema with its references and `allOf` merged into it. Its own keywords take precedence. */
function flat(given: JsonObject, fitting: Fitting): JsonObject {
  const { $ref: reference, ...beside } = given;
  if (typeof reference === 'string') return flat({ ...follow(reference, fitting), ...beside }, fitting);
  const { allOf, ...whole } = given;
  if (!Array.isArray(allOf)) return given;
  return withParts(
    whole,
    (allOf as unknown[]).filter(isJsonObject).map((part) => flat(part, fitting)),
  );
}

function follow(reference: string, fitting: Fitting): JsonObject {
  const found = resolveReference(fitting.root, reference);
  const depth = fitting.depths.get(reference) ?? 0;
  if (isJsonObject(found) && depth < MOST_WITHIN) {
    const size = fitting.sizes.get(reference) ?? JSON.stringify(found).length;
    fitting.sizes.set(reference, size);
    fitting.room -= size;
    if (fitting.room > 0) {
      fitting.within.push(reference);
      fitting.depths.set(reference, depth + 1);
      return found;
    }
  }
  fitting.removed.add('$ref');
  return { type: 'object' };
}

/** Of what several say, the first wins; what is required of each is required, and the properties of all are there. */
function withParts(whole: JsonObject, parts: readonly JsonObject[]): JsonObject {
  const all = [whole, ...parts];
  const merged: JsonObject = {};
  for (const part of all) {
    for (const [keyword, value] of Object.entries(part)) if (merged[keyword] === undefined) merged[keyword] = value;
  }
  if (Array.isArray(merged.required)) {
    merged.required = [
      ...new Set(all.flatMap(({ required }) => (Array.isArray(required) ? (required as unknown[]) : []))),
    ];
  }
  if (isJsonObject(merged.properties)) {
    const properties: JsonObject = {};
    for (const part of all.toReversed()) if (isJsonObject(part.properties)) Object.assign(properties, part.properties);
    merged.properties = properties;
  }
  return merged;
}

/** Alternatives under another name, and a single value, in the supported keywords. */
function retold(schema: JsonObject): JsonObject {
  const { oneOf, const: only, ...told } = schema;
  if (oneOf !== undefined) told[Array.isArray(oneOf) && told.anyOf === undefined ? 'anyOf' : 'oneOf'] = oneOf;
  if (only !== undefined) told.enum = [only];
  if (Array.isArray(told.enum) && told.type === undefined) told.type = typeOf(told.enum);
  return told;
}

function typeOf(values: readonly unknown[]): unknown {
  const types = [...new Set(values.map(typeOfValue))];
  return types.length === 1 ? types[0] : types;
}

function typeOfValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' ? (Number.isInteger(value) ? 'integer' : 'number') : typeof value;
}

/** One type or null, as a part with a mark; undefined if there is more than one type. */
function onlyForm({ anyOf, ...beside }: JsonObject): JsonObject | undefined {
  if (!Array.isArray(anyOf)) return undefined;
  const forms = (anyOf as unknown[]).filter((form) => !isNull(form));
  const [form] = forms;
  if (forms.length !== 1 || !isJsonObject(form)) return undefined;
  return { ...beside, allOf: [form], ...(forms.length < anyOf.length ? { nullable: true } : {}) };
}

/** Marks a nullable value as the dialect does: with a type, or with a mark. */
function nullTold(schema: JsonObject, rules: Rules): JsonObject {
  const { type, anyOf, nullable, ...rest } = schema;
  if (rules.hasNull) {
    if (nullable === undefined) return schema;
    return {
      ...schema,
      nullable: undefined,
      ...(nullable === true && typeof type === 'string' ? { type: [type, 'null'] } : {}),
    };
  }
  const types = (Array.isArray(type) ? (type as unknown[]) : [type]).filter((one) => typeof one === 'string');
  const ownTypes = types.filter((one) => one !== 'null');
  const forms = Array.isArray(anyOf) ? (anyOf as unknown[]) : [];
  const mayBeNull = nullable === true || types.includes('null') || forms.some(isNull);
  const values = Array.isArray(rest.enum) ? (rest.enum as unknown[]).filter((one) => one !== null) : undefined;
  return {
    ...rest,
    ...(ownTypes.length === 1 ? { type: ownTypes[0] } : {}),
    ...(ownTypes.length > 1 ? { anyOf: ownTypes.map((one) => ({ type: one })) } : {}),
    ...(forms.length > 0 ? { anyOf: forms.filter((form) => !isNull(form)) } : {}),
    ...(mayBeNull ? { nullable: true } : {}),
    ...(values === undefined ? {} : { enum: values }),
  };
}

function isNull(schema: unknown): boolean {
  return isJsonObject(schema) && schema.type === 'null';
}

/** The value of a keyword that is kept; undefined if this value is not allowed. */
function adaptKeyword(keyword: string, value: unknown, fitting: Fitting): unknown {
  const { rules } = fitting;
  switch (keyword) {
    case 'properties':
      return isJsonObject(value) ? adaptMap(value, fitting) : undefined;
    case 'items':
      return isJsonObject(value) ? fit(value, fitting) : undefined;
    case 'anyOf':
    case 'prefixItems':
      return adaptList(value, fitting);
    case 'additionalProperties':
      return isJsonObject(value) ? fit(value, fitting) : typeof value === 'boolean' ? value : undefined;
    case 'required':
      return Array.isArray(value) ? (value as unknown[]).filter((name) => typeof name === 'string') : undefined;
    case 'format':
      return typeof value === 'string' && rules.formats.has(value) ? value : undefined;
    case 'enum':
      return adaptEnum(value, rules);
    default:
      return value ?? undefined;
  }
}

function adaptMap(map: JsonObject, fitting: Fitting): JsonObject {
  return Object.fromEntries(
    Object.entries(map).map(([name, schema]) => [name, isJsonObject(schema) ? fit(schema, fitting) : {}]),
  );
}

/** Alternatives that only restrict what is beside them, such as another `required`, are not separate forms. */
function adaptList(value: unknown, fitting: Fitting): JsonObject[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const forms = (value as unknown[]).filter(isJsonObject);
  if (forms.length === 0 || forms.some((form) => !FORMS.some((keyword) => form[keyword] !== undefined)))
    return undefined;
  return forms.map((form) => fit(form, fitting));
}

const FORMS = ['type', 'properties', 'enum', 'const', '$ref', 'anyOf', 'oneOf', 'allOf', 'items'];

function adaptEnum(value: unknown, { isFree }: Rules): unknown[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const values = value as unknown[];
  return isFree || values.every((one) => typeof one === 'string' && one !== '') ? values : undefined;
}

function described(schema: JsonObject, remarks: readonly string[]): JsonObject {
  if (remarks.length === 0) return schema;
  const remark = `{${remarks.join(', ')}}`;
  const { description } = schema;
  return { ...schema, description: typeof description === 'string' ? `${description}\n\n${remark}` : remark };
}

/** What the API requires. */
function complete(schema: JsonObject, { isFree }: Rules): JsonObject {
  const whole = { ...schema };
  const { properties } = whole;
  if (isJsonObject(properties)) {
    whole.type ??= 'object';
    if (Object.keys(properties).length === 0) delete whole.properties;
  }
  if (Array.isArray(whole.required)) {
    const names = (whole.required as string[]).filter(
      (name) => isJsonObject(properties) && Object.hasOwn(properties, name),
    );
    if (names.length > 0) whole.required = names;
    else delete whole.required;
  }
  if (isFree) return whole;
  if (whole.type === 'array' && whole.items === undefined) whole.items = { type: 'string' };
  if (Array.isArray(whole.anyOf)) return alone(whole);
  return whole;
}

/** In this dialect nothing may be beside alternatives. What applies to all of them is repeated in each. */
function alone({ anyOf, title, description, nullable, ...common }: JsonObject): JsonObject {
  const around = { title, description, nullable };
  return {
    ...Object.fromEntries(Object.entries(around).filter(([, value]) => value !== undefined)),
    anyOf: (anyOf as JsonObject[])
      .map((form): JsonObject => ({ ...common, ...form }))
      .map((form) => (Array.isArray(form.anyOf) ? alone(form) : form)),
  };
}
