import type { ConfigProblem } from '../config-error.js';
import type { ModelGroup } from '../model-group.js';
import { joinPath } from './check-shape.js';

/** Groups that lead back to themselves: along routes never right, along fallbacks most often a mistake. */
export function circles(groups: readonly ModelGroup[], fallbacksMay: boolean): ConfigProblem[] {
  const byName = new Map(groups.map((group) => [group.name, group]));
  const along = [
    { list: 'route', of: (group: ModelGroup) => group.leadsTo },
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
      const circle = circleFrom(
        name,
        [],
        (from) => of(byName.get(from) as ModelGroup).filter((to) => byName.has(to)),
        done,
      );
      // One that falls back to itself has been told so where its list was checked.
      if (circle !== undefined && (list === 'route' || circle.length > 2)) found.push(problem(circle, list));
    }
    return found;
  });
}

function circleFrom(
  name: string,
  road: readonly string[],
  next: (from: string) => readonly string[],
  done: Set<string>,
): readonly string[] | undefined {
  if (road.includes(name)) return [...road.slice(road.indexOf(name)), name];
  if (done.has(name)) return undefined;
  for (const to of next(name)) {
    const circle = circleFrom(to, [...road, name], next, done);
    if (circle !== undefined) {
      done.add(name);
      return circle;
    }
  }
  done.add(name);
  return undefined;
}

function problem(circle: readonly string[], list: string): ConfigProblem {
  const path = `${joinPath('models', [circle[0] as string])}.${list}`;
  const road = circle.map((name) => `"${name}"`).join(' → ');
  const cure =
    list === 'route'
      ? 'One of them must lead to deployments instead.'
      : 'Leave one of them out, or set "fallbackCircles" if it is meant.';
  return { path, message: `goes round in a circle: ${road}. ${cure}` };
}
