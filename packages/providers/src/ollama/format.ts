import { isJsonObject, type JsonObject } from '@portico/core';

/** Reads `response_format`: JSON, or a schema. Clients that know this API send `format`. */
export function formatFromChat({ response_format: asked, format }: JsonObject): JsonObject {
  if (format !== undefined && format !== null && format !== '') return { format };
  if (!isJsonObject(asked)) return {};
  const told = isJsonObject(asked.json_schema) ? asked.json_schema : asked.schema;
  const schema = isJsonObject(told) && isJsonObject(told.schema) ? told.schema : told;
  if (asked.type === 'json_schema' && isJsonObject(schema)) return { format: schema };
  return asked.type === 'json_schema' || asked.type === 'json_object' ? { format: 'json' } : {};
}
