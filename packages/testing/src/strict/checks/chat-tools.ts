import { isObject } from '../../answers/json-object.js';
import { plain, withField, withTop } from '../examples.js';
import { objectsIn, placesOf } from '../json-places.js';
import type { Complaint, StrictRule } from '../strict-rule.js';
import { type RuleOptions, rule, type Say } from './fields.js';

/** A tool as chat has it, with another name or another schema. */
export function chatTool(name: string, parameters: unknown = { type: 'object', properties: {} }) {
  return { type: 'function', function: { name, description: 'A tool.', parameters } };
}

/** Refuses a field that means nothing without tools. */
export function needsTools(at: string, sample: unknown, say: Say, options: RuleOptions): StrictRule {
  return rule(`${at} without tools`, `\`${at}\` in a request without tools`, options, {
    refused: withTop({ tools: undefined, [at]: sample, messages: [{ role: 'user', content: 'Hello' }] }),
    accepted: withTop({ [at]: sample }),
    check: (request) => {
      const [place] = placesOf(request.body, at);
      const hasTools = Array.isArray(request.body.tools) && request.body.tools.length > 0;
      return place === undefined || place.value === null || hasTools ? undefined : say(place, request);
    },
  });
}

/** Refuses to be made to call a tool that is not offered. */
export function choiceIsOffered(say: (name: string) => Complaint, options: RuleOptions): StrictRule {
  return rule('tool_choice of no tool', '`tool_choice` of a tool that is not offered', options, {
    refused: withField('tool_choice', { type: 'function', function: { name: 'another' } }),
    accepted: withField('tool_choice', { type: 'function', function: { name: 'weather' } }),
    check: ({ body }) => {
      const choice = isObject(body.tool_choice) && isObject(body.tool_choice.function) ? body.tool_choice.function : {};
      const names = placesOf(body, 'tools[].function.name').map(({ value }) => value);
      return typeof choice.name === 'string' && !names.includes(choice.name) ? say(choice.name) : undefined;
    },
  });
}

/** Refuses two tools of one name. */
export function uniqueNames(at: string, say: (name: string) => Complaint, options: RuleOptions): StrictRule {
  return rule(`equal ${at}`, `two tools with the same \`${at}\``, options, {
    check: ({ body }) => {
      const names = placesOf(body, at).map(({ value }) => String(value));
      const twice = names.find((name, index) => names.indexOf(name) !== index);
      return twice === undefined ? undefined : say(twice);
    },
  });
}

/** What is wrong with one object of a schema; undefined where nothing is. */
export type SchemaFault = (schema: Readonly<Record<string, unknown>>) => string | undefined;

/**
 * Refuses schemas by what one of their objects has. Only real schemas are looked at: not the names of properties, nor
 * defaults, examples and constants. The example puts `bad` in place of the schemas.
 */
export function schemas(
  id: string,
  refuses: string,
  at: string,
  fault: SchemaFault,
  bad: unknown,
  say: (fault: string, path: readonly (string | number)[]) => Complaint,
  options: RuleOptions,
): StrictRule {
  return rule(`schema: ${id}`, refuses, options, {
    refused: withField(at, bad),
    accepted: plain,
    check: (request) => {
      for (const root of placesOf(request.body, at)) {
        for (const { path, value } of schemasIn(root.value, root.path)) {
          const wrong = fault(value);
          if (wrong !== undefined) return say(wrong, path);
        }
      }
      return undefined;
    },
  });
}

/** Refuses schemas that are not of an object. */
export const NOT_AN_OBJECT: SchemaFault = (schema) =>
  schema.type === 'object' ? undefined : typeof schema.type === 'string' ? schema.type : 'None';

/** Lists without `items`. */
export const NO_ITEMS: SchemaFault = (schema) =>
  schema.type === 'array' && schema.items === undefined && schema.prefixItems === undefined ? 'items' : undefined;

/** Objects that leave open whether other fields may come. */
export const OPEN_OBJECT: SchemaFault = (schema) =>
  schema.type === 'object' && schema.additionalProperties !== false ? 'additionalProperties' : undefined;

/** A schema and all schemas in it. */
export function schemasIn(schema: unknown, path: readonly (string | number)[]) {
  return objectsIn(schema, path).flatMap(({ path: at, value }) =>
    isObject(value) && isSchemaPlace(at.slice(path.length)) ? [{ path: at, value }] : [],
  );
}

/** Keywords whose value is a map from names to schemas. */
const MAPS: ReadonlySet<unknown> = new Set([
  'properties',
  '$defs',
  'definitions',
  'patternProperties',
  'dependentSchemas',
]);
/** Keywords whose value is no schema. */
const DATA: ReadonlySet<unknown> = new Set(['default', 'example', 'examples', 'const', 'enum']);

function isSchemaPlace(inside: readonly (string | number)[]): boolean {
  let isMap = false;
  for (const key of inside) {
    if (isMap) {
      isMap = false;
      continue;
    }
    if (DATA.has(key)) return false;
    isMap = MAPS.has(key);
  }
  return !isMap;
}
