import { flagOf, mapOf, problem, type ReadContext, textOf } from '../read-context.js';
import { type ConfigNode, shownValue } from '../yaml/config-node.js';
import { noSuchModel } from './fallback-lists.js';
import type { ModelNames } from './wildcards.js';

/** Reads `{ alias: model }` and `{ alias: { model, hidden } }`: the model by its alias. */
export function readAliases(
  node: ConfigNode | undefined,
  names: ModelNames,
  reading: ReadContext,
): ReadonlyMap<string, { readonly model: string; readonly node: ConfigNode }> {
  const aliases = new Map<string, { model: string; node: ConfigNode }>();
  for (const [alias, given] of (node && mapOf(node, reading))?.entries ?? []) {
    const target = given.kind === 'map' ? given.entries.get('model') : given;
    const model = target && textOf(target, reading);
    if (target === undefined || model === undefined) {
      problem(reading, given, `must be the name of a model, or { model: name }, and is ${shownValue(given)}.`);
    } else if (names.all.includes(alias)) {
      problem(reading, given, `"${alias}" is also a model of this file: rename one of them.`);
    } else if (names.isLeftOut(model)) {
      const message = `"${model}" is left out, because none of its deployments can be served`;
      reading.findings.push({ verdict: 'left out', path: given.path, place: given.place, message });
    } else if (!names.has(model)) {
      problem(reading, target, noSuchModel(model, names));
    } else {
      aliases.set(alias, { model, node: given });
    }
    const hidden = given.kind === 'map' ? given.entries.get('hidden') : undefined;
    if (hidden !== undefined && flagOf(hidden, reading) === true) {
      reading.findings.push({
        verdict: 'ignored',
        path: hidden.path,
        place: hidden.place,
        message: 'every requestable name is listed',
      });
    }
  }
  return aliases;
}
