import { isJsonObject, type JsonObject } from '../../json.js';

/** A tool as a request of the Responses wire offers it. */
export interface OfferedTool {
  readonly name: unknown;
  /** The group it is in, which tells it from others of its name. */
  readonly namespace?: string;
  /** Takes free text: offered as a function of one argument, and told as what it is. */
  readonly isCustom: boolean;
}

/** The tools of a request by the names under which a chat completion offers them. */
export function offeredTools(request: JsonObject | undefined): ReadonlyMap<string, OfferedTool> {
  const found = new Map<string, OfferedTool>();
  const add = (tools: unknown, namespace?: string) => {
    for (const tool of Array.isArray(tools) ? (tools as unknown[]).filter(isJsonObject) : []) {
      const { type, name } = tool;
      if (type === 'namespace' && namespace === undefined) add(tool.tools, String(name));
      else
        found.set(nameInChat(name, namespace), { name, ...(namespace && { namespace }), isCustom: type === 'custom' });
    }
  };
  add(request?.tools);
  return found;
}

/** Chat completions know no groups: a tool in one goes by both names. */
export function nameInChat(name: unknown, namespace: unknown): string {
  if (typeof namespace !== 'string' || namespace === '') return String(name);
  const full = `${namespace}__${String(name)}`;
  return full.length <= MAX_NAME ? full : `${full.slice(0, MAX_NAME - 9)}_${shortHash(full)}`;
}

// What OpenAI allows, and others with it.
const MAX_NAME = 64;

/** FNV-1a, of eight digits: the same in every turn of a conversation. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
