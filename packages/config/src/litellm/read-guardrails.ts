import { flagOf, itemsOf, mapOf, problem, type Reading, textOf } from '../reading.js';
import type { ConfigNode } from '../yaml/config-node.js';
import type { SettingsDraft } from './draft.js';
import { readKeys } from './key-row.js';
import { GUARDRAIL_KEYS, offeredPlugin } from './keys-of-settings.js';

/**
 * Guardrails are plugins that the host gives under their name. One that is not there is refused rather than left out: calls
 * would go through without it.
 */
export function readGuardrails(node: ConfigNode | undefined, settings: SettingsDraft, reading: Reading): void {
  for (const item of node === undefined ? [] : itemsOf(node, reading)) {
    const entry = mapOf(item, reading);
    if (entry === undefined) continue;
    readKeys(entry, GUARDRAIL_KEYS, undefined, reading);
    const nameNode = entry.entries.get('guardrail_name');
    const name = nameNode && textOf(nameNode, reading);
    if (name === undefined) {
      problem(reading, entry, 'needs a "guardrail_name".');
      continue;
    }
    const plugin = offeredPlugin(settings, name);
    const finding = { path: entry.path, place: entry.place };
    if (plugin === undefined) {
      const says = `no plugin is given as "${name}", and calls would go through without it`;
      reading.findings.push({ ...finding, verdict: 'refused', says });
      continue;
    }
    settings.plugins.add(plugin);
    if (isAlwaysOn(entry.entries.get('litellm_params'), reading)) continue;
    const says = 'clients do not choose guardrails: it is on for every call, as if default_on were true';
    reading.findings.push({ ...finding, verdict: 'supported', says });
  }
}

function isAlwaysOn(params: ConfigNode | undefined, reading: Reading): boolean {
  const map = params && mapOf(params, reading);
  const flag = map?.entries.get('default_on');
  return flag !== undefined && flagOf(flag, reading) === true;
}
