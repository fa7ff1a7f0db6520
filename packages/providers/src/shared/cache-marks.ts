import { isJsonObject, type JsonObject } from '@portico/core';
import { without } from './without.js';

/** What becomes of a mark; undefined removes it. */
export type MapMark = (mark: JsonObject) => JsonObject | undefined;

/**
 * Changes Anthropic's marks for the cache (`cache_control`) wherever a request may have them: at the top level, in
 * instructions, tools, messages, their parts, and the parts of tool results. The same object if there are none.
 */
export function mapMarks(request: JsonObject, map: MapMark): JsonObject {
  let body = mapped(request, map);
  for (const name of ['system', 'tools', 'messages']) {
    const list = body[name];
    const changed = mappedList(list, map);
    if (changed !== list) body = { ...body, [name]: changed };
  }
  return body;
}

function mappedList(list: unknown, map: MapMark): unknown {
  if (!Array.isArray(list)) return list;
  let changed = false;
  const all = (list as unknown[]).map((one) => {
    if (!isJsonObject(one)) return one;
    const marked = mapped(one, map);
    const content = mappedList(one.content, map);
    const done = content === one.content ? marked : { ...marked, content };
    changed ||= done !== one;
    return done;
  });
  return changed ? all : list;
}

function mapped(holder: JsonObject, map: MapMark): JsonObject {
  if (holder.cache_control === undefined) {
    // Some clients mark a tool inside its function.
    const { function: called } = holder;
    if (!isJsonObject(called) || called.cache_control === undefined) return holder;
    return { ...holder, function: mapped(called, map) };
  }
  const mark = isJsonObject(holder.cache_control) ? map(holder.cache_control) : undefined;
  const rest = without(holder, 'cache_control');
  return mark === undefined ? rest : { ...rest, cache_control: mark };
}
