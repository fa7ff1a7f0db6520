import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import { shortName } from '../short-name.js';

/**
 * The client's names of tools, by the names that a chat completion offers them under. The Messages API takes names of
 * 128 characters, OpenAI and most others 64 (https://platform.openai.com/docs/api-reference/chat).
 */
export function clientNames(request: JsonObject | undefined): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const tools = Array.isArray(request?.tools) ? (request.tools as unknown[]).filter(isJsonObject) : [];
  for (const { name } of tools) {
    if (typeof name === 'string' && shortName(name) !== name) names.set(shortName(name), name);
  }
  return names;
}

/** The name of a tool in a chat completion. */
export function toolNameInChat(name: unknown): unknown {
  return typeof name === 'string' ? shortName(name) : name;
}
