import type { ModelGroup } from '../model-group.js';
import type { ConfigProblem } from '../settings/config-error.js';
import { joinPath } from './check-shape.js';

/** Groups that refer back to themselves: in routes always an error, in fallbacks usually a mistake. */
export function findCycles(groups: readonly ModelGroup[], fallbacksMay: boolean): ConfigProblem[] {
  const byName = new Map(groups.map((group) => [group.name, group]));
  const along = [
    { list: 'route', of: (group: ModelGroup) => group.references },
    ...(fallbacksMay
      ? []
      : (['fallbacks', 'contextFallbacks', 'contentFallbacks'] as const).map((list) => ({
          list,
          of: (group: ModelGroup) => group[list],
        }))),
  ];
  return along.flatMap(({ list, of }) => {
    const done = new Set<string>();
    const found: ConfigProblem[] = [];
    for (const { name } of groups) {
      const cycle = cycleFrom(
        name,
        [],
        (from) => of(byName.get(from) as ModelGroup).filter((to) => byName.has(to)),
        done,
      );
      // A group that falls back to itself was already reported when its list was checked.
      if (cycle !== undefined && (list === 'route' || cycle.length > 2)) found.push(problem(cycle, list));
    }
    return found;
  });
}

function cycleFrom(
  name: string,
  chain: readonly string[],
  next: (from: string) => readonly string[],
  done: Set<string>,
): readonly string[] | undefined {
  if (chain.includes(name)) return [...chain.slice(chain.indexOf(name)), name];
  if (done.has(name)) return undefined;
  for (const to of next(name)) {
    const cycle = cycleFrom(to, [...chain, name], next, done);
    if (cycle !== undefined) {
      done.add(name);
      return cycle;
    }
  }
  done.add(name);
  return undefined;
}

function problem(cycle: readonly string[], list: string): ConfigProblem {
  const path = `${joinPath('models', [cycle[0] as string])}.${list}`;
  const chain = cycle.map((name) => `"${name}"`).join(' → ');
  const cure =
    list === 'route'
      ? 'One of them must have deployments instead.'
      : 'Remove one of them, or set "allowFallbackCycles" if the cycle is intended.';
  return { path, message: `forms a cycle: ${chain}. ${cure}` };
}
