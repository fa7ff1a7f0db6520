import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { invalid } from '../shared/drop-parameter.js';
import { objectSchema } from '../shared/object-schema.js';
import type { ModelFamily } from './model-families.js';
import { nativeSchema } from './native-schema.js';

/** How the requested answer format is achieved; at most one of the three. */
export interface StructuredOutput {
  /** `output_config.format`: the vendor enforces it. */
  readonly format?: JsonObject;
  /** A tool whose input is the answer, for models and schemas that the vendor does not enforce. */
  readonly tool?: JsonObject;
  /** A sentence for the system prompt. */
  readonly instruction?: string;
}

/** The tool name that marks an answer, to distinguish it from a call of the client's tools. */
export const ANSWER_TOOL = 'portico_structured_answer';

/** Reads `response_format`. */
export function structuredOutputFromChat(
  request: JsonObject,
  family: ModelFamily,
  target: EncodeTarget,
): StructuredOutput {
  const asked = request.response_format;
  if (asked === undefined || asked === null) return {};
  if (!isJsonObject(asked)) throw invalid('response_format', '"response_format" must be an object.');
  switch (asked.type) {
    case 'text':
      return {};
    case 'json_object':
      return inWords(target);
    case 'json_schema':
      return bySchema(asked.json_schema, family, target);
    default:
      throw invalid('response_format.type', '"response_format.type" must be text, json_object or json_schema.');
  }
}

function bySchema(asked: unknown, family: ModelFamily, target: EncodeTarget): StructuredOutput {
  if (!isJsonObject(asked)) {
    throw invalid('response_format.json_schema', '"response_format.json_schema" must be an object.');
  }
  const { schema } = asked;
  if (!isJsonObject(schema)) return inWords(target);
  const native = family.structuredOutput ? nativeSchema(schema) : undefined;
  if (native !== undefined) {
    if (native.unenforced.size > 0) {
      const keywords = [...native.unenforced].join(', ');
      target.warn(`"response_format": ${keywords} are only described to the model, not enforced.`);
    }
    return { format: { type: 'json_schema', schema: native.schema } };
  }
  const about = typeof asked.description === 'string' ? ` ${asked.description}` : '';
  const description = `Gives the final answer. Always answer by calling this, never in text.${about}`;
  return { tool: { name: ANSWER_TOOL, description, input_schema: objectSchema(schema, target) } };
}

function inWords(target: EncodeTarget): StructuredOutput {
  target.warn('"response_format": JSON is requested in the prompt; this API enforces it only with a schema.');
  return { instruction: 'Answer with one JSON object and nothing else: no other text, no code fence.' };
}
