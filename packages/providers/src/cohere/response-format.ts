import { type EncodeTarget, isJsonObject, type JsonObject } from '@portico/core';
import { leaveOut } from '../shared/leave-out.js';

/** Reads `response_format`. JSON is one format here, with a schema or without. */
export function responseFormatFromChat(request: JsonObject, hasTools: boolean, target: EncodeTarget): JsonObject {
  const { response_format: asked } = request;
  if (!isJsonObject(asked) || asked.type === 'text') return {};
  if (hasTools) {
    leaveOut(target, 'response_format', 'The model either calls tools or is held to JSON.');
    return {};
  }
  // Some clients write it as this wire does.
  const told = isJsonObject(asked.json_schema) ? asked.json_schema : asked.schema;
  const schema = isJsonObject(told) && isJsonObject(told.schema) ? told.schema : told;
  return { response_format: { type: 'json_object', ...(isJsonObject(schema) ? { json_schema: schema } : {}) } };
}
