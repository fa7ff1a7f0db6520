import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { dropParameter } from '../shared/drop-parameter.js';

/** Reads `response_format`. JSON is one format here, with or without a schema. */
export function responseFormatFromChat(request: JsonObject, hasTools: boolean, target: EncodeTarget): JsonObject {
  const { response_format: asked } = request;
  if (!isJsonObject(asked) || asked.type === 'text') return {};
  if (hasTools) {
    dropParameter(target, 'response_format', 'The model supports either tools or JSON output, not both.');
    return {};
  }
  // Some clients use this API's format.
  const told = isJsonObject(asked.json_schema) ? asked.json_schema : asked.schema;
  const schema = isJsonObject(told) && isJsonObject(told.schema) ? told.schema : told;
  return { response_format: { type: 'json_object', ...(isJsonObject(schema) ? { json_schema: schema } : {}) } };
}
