import type { Place } from '../config-problem.js';
import { itemsOf, problem, type ReadContext, textOf } from '../read-context.js';
import type { ConfigNode, ListNode, MapNode } from '../yaml/config-node.js';

/**
 * Reads a file that another one names, relative to it; undefined if it cannot be read, which is reported as a
 * problem.
 */
export type ReadIncluded = (path: string, named: ConfigNode) => MapNode | undefined;

/**
 * The file with those it includes: their lists are appended to its own, and everything else of theirs replaces its
 * own. Included files include nothing themselves.
 */
export function includeFiles(main: MapNode, read: ReadIncluded, reading: ReadContext): MapNode {
  const include = main.entries.get('include');
  if (include === undefined) return main;
  const entries = new Map(main.entries);
  const keyPlaces = new Map(main.keyPlaces);
  for (const named of itemsOf(include, reading)) {
    const path = textOf(named, reading);
    const included = path === undefined ? undefined : read(path, named);
    for (const [key, value] of included?.entries ?? []) {
      if (key === 'include') {
        problem(reading, value, 'included files cannot include others: list them all in the first file.');
        continue;
      }
      const own = entries.get(key);
      entries.set(key, own?.kind === 'list' && value.kind === 'list' ? joined(own, value) : value);
      keyPlaces.set(key, (included?.keyPlaces.get(key) ?? value.place) satisfies Place);
    }
  }
  return { ...main, entries, keyPlaces };
}

function joined(first: ListNode, second: ListNode): ListNode {
  return { ...first, items: [...first.items, ...second.items] };
}
