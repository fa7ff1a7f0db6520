import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import { shortName } from '../short-name.js';

/** A tool as a Responses request offers it. */
export interface OfferedTool {
  readonly name: unknown;
  /** Its namespace, which distinguishes it from others with the same name. */
  readonly namespace?: string;
  /**
   * `custom` takes free text, and `search` finds more tools. All are functions in a chat, and are converted back to
   * their own type.
   */
  readonly kind: 'function' | 'custom' | 'search';
}

/** The name of the tool search tool, which has no name in its own API. */
export const TOOL_SEARCH = 'tool_search';

/** A search that the client runs itself, not its vendor. */
export function isOwnSearch({ type, execution }: JsonObject): boolean {
  return String(type).startsWith(TOOL_SEARCH) && execution === 'client';
}

/** Tool definitions and their location: those of the request, and those that its searches have found so far. */
export function definitionsIn({
  tools,
  input,
}: JsonObject): readonly { readonly tool: unknown; readonly path: string }[] {
  const listed = (list: unknown, path: string) =>
    Array.isArray(list) ? list.map((tool: unknown, at) => ({ tool, path: `${path}[${at}]` })) : [];
  const found = (Array.isArray(input) ? (input as unknown[]) : []).flatMap((item, at) =>
    isJsonObject(item) && item.type === 'tool_search_output' ? listed(item.tools, `input[${at}].tools`) : [],
  );
  return [...listed(tools, 'tools'), ...found];
}

/** The tools of a request by the names under which a chat completion offers them. */
export function offeredTools(request: JsonObject = {}): ReadonlyMap<string, OfferedTool> {
  const found = new Map<string, OfferedTool>();
  const add = (tool: unknown, namespace?: string) => {
    if (!isJsonObject(tool)) return;
    const { type, name, tools } = tool;
    if (type === 'namespace' && Array.isArray(tools)) for (const each of tools) add(each, String(name));
    else if (isOwnSearch(tool)) found.set(TOOL_SEARCH, { name: TOOL_SEARCH, kind: 'search' });
    else {
      const kind = type === 'custom' ? 'custom' : 'function';
      found.set(nameInChat(name, namespace), { name, ...(namespace && { namespace }), kind });
    }
  };
  for (const { tool } of definitionsIn(request)) add(tool);
  return found;
}

/** Chat completions have no namespaces: a tool in one gets both names joined. */
export function nameInChat(name: unknown, namespace: unknown): string {
  return shortName(typeof namespace === 'string' && namespace !== '' ? `${namespace}__${String(name)}` : String(name));
}
