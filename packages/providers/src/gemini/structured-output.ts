import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { invalid } from '../shared/drop-parameter.js';
import { adaptSchema, parametersField } from './adapt-schema.js';
import type { ModelFamily } from './model-families.js';

/** How the requested answer format is achieved; at most one of the three. */
export interface StructuredOutput {
  /** Fields of `generationConfig`: the vendor enforces it. */
  readonly config?: JsonObject;
  /** A function whose arguments are the answer, if the vendor does not enforce a format together with tools. */
  readonly answerFunction?: JsonObject;
  /** A sentence for the system instruction. */
  readonly instruction?: string;
}

/** The function name that marks an answer, to distinguish it from a call of the client's tools. */
export const ANSWER_FUNCTION = 'portico_structured_answer';

const JSON_ANSWER = { responseMimeType: 'application/json' } as const;

/** Reads `response_format`. */
export function structuredOutputFromChat(
  request: JsonObject,
  family: ModelFamily,
  target: EncodeTarget,
  hasTools: boolean,
): StructuredOutput {
  const asked = request.response_format ?? undefined;
  if (asked === undefined) return {};
  if (!isJsonObject(asked)) throw invalid('response_format', '"response_format" must be an object.');
  const isEnforced = family.mixesTools || !hasTools;
  switch (asked.type) {
    case 'text':
      return {};
    case 'json_object':
      return isEnforced ? { config: JSON_ANSWER } : inWords(target);
    case 'json_schema':
      return bySchema(asked.json_schema, family, target, isEnforced);
    default:
      throw invalid('response_format.type', '"response_format.type" must be text, json_object or json_schema.');
  }
}

/** Warns about keywords that were removed from a schema. `what` names the schema's place in the request. */
export function warnOfRemoved(what: string, removed: ReadonlySet<string>, target: EncodeTarget): void {
  if (removed.size === 0) return;
  target.warn(
    `${what}: keywords that this API does not enforce were removed from the schema: ${[...removed].join(', ')}.`,
  );
}

function bySchema(asked: unknown, family: ModelFamily, target: EncodeTarget, isEnforced: boolean): StructuredOutput {
  const place = 'response_format.json_schema';
  if (!isJsonObject(asked)) throw invalid(place, `"${place}" must be an object.`);
  if (!isJsonObject(asked.schema)) return isEnforced ? { config: JSON_ANSWER } : inWords(target);
  const { schema, removed } = adaptSchema(asked.schema, family);
  warnOfRemoved('"response_format"', removed, target);
  if (isEnforced) {
    return { config: { ...JSON_ANSWER, [family.jsonSchema ? 'responseJsonSchema' : 'responseSchema']: schema } };
  }
  const about = typeof asked.description === 'string' ? ` ${asked.description}` : '';
  return {
    answerFunction: {
      name: ANSWER_FUNCTION,
      description: `Gives the final answer. Always answer by calling this, never in text.${about}`,
      [parametersField(family)]: schema,
    },
  };
}

function inWords(target: EncodeTarget): StructuredOutput {
  target.warn('"response_format": JSON is requested in the prompt; this model cannot enforce it together with tools.');
  return { instruction: 'Answer with one JSON object and nothing else: no other text, no code fence.' };
}
