import { didYouMean } from '../nearest-word.js';
import { itemsOf, problem, type ReadContext, textOf } from '../read-context.js';
import { type ConfigNode, shownValue } from '../yaml/config-node.js';
import type { ModelNames } from './wildcards.js';

/** The fallbacks of models: the targets by model, in order. */
export type FallbackLists = ReadonlyMap<string, readonly string[]>;

/** For models that are not named. */
const ANY = '*';

/** Reads `[{ model: [target, …] }, …]`. */
export function readFallbacks(
  node: ConfigNode | undefined,
  names: ModelNames,
  reading: ReadContext,
): FallbackLists | undefined {
  if (node === undefined) return undefined;
  const lists = new Map<string, readonly string[]>();
  for (const item of itemsOf(node, reading)) {
    const entry = item.kind === 'map' && item.entries.size === 1 ? [...item.entries][0] : undefined;
    if (entry === undefined) {
      problem(reading, item, 'must be a map of one model to a list of models, such as { smart: [fast] }.');
      continue;
    }
    const [model, targets] = entry;
    const source = sourceOf(model, names);
    if (source === undefined && names.isLeftOut(model)) continue;
    if (source === undefined) {
      problem(reading, { ...targets, place: item.place }, noSuchModel(model, names));
      continue;
    }
    lists.set(source, readTargets(targets, names, reading));
  }
  return lists;
}

/** A list of models, or a single one. */
export function readTargets(node: ConfigNode, names: ModelNames, reading: ReadContext): readonly string[] {
  const items = node.kind === 'scalar' ? [node] : itemsOf(node, reading);
  return items.flatMap((item) => {
    if (item.kind !== 'scalar') {
      problem(
        reading,
        item,
        `must be the name of a model, and is ${shownValue(item)}: give it an entry in model_list.`,
      );
      return [];
    }
    const name = textOf(item, reading);
    if (name === undefined) return [];
    if (names.has(name)) return [name];
    if (names.isLeftOut(name)) {
      const message = `"${name}" is left out, because none of its deployments can be served`;
      reading.findings.push({ verdict: 'ignored', path: item.path, place: item.place, message });
      return [];
    }
    problem(reading, item, noSuchModel(name, names));
    return [];
  });
}

/** The fallbacks of a model: its own, else the default ones. Never itself. */
export function fallbacksOf(model: string, lists: FallbackLists | undefined): readonly string[] {
  return (lists?.get(model) ?? lists?.get(ANY) ?? []).filter((name) => name !== model);
}

// LiteLLM also looks for a model without the vendor in front of it.
function sourceOf(model: string, names: ModelNames): string | undefined {
  if (model === ANY || names.has(model)) return model;
  return names.all.find((name) => name.slice(name.indexOf('/') + 1) === model);
}

export function noSuchModel(name: string, { all }: ModelNames): string {
  return `there is no model "${name}"${didYouMean(name, all)}. There are: ${all.join(', ')}.`;
}
