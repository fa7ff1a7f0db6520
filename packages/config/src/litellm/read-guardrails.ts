import { flagOf, itemsOf, mapOf, problem, type ReadContext, textOf } from '../read-context.js';
import type { ConfigNode } from '../yaml/config-node.js';
import type { SettingsDraft } from './draft.js';
import { readKeys } from './key-row.js';
import { GUARDRAIL_KEYS, offeredPlugin } from './settings-keys.js';

/**
 * Guardrails are plugins that the host passes under their name. A missing one is an error, not ignored: calls would
 * not be checked.
 */
export function readGuardrails(node: ConfigNode | undefined, settings: SettingsDraft, reading: ReadContext): void {
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
      const message = `the host has no plugin named "${name}", and calls would not be checked`;
      reading.findings.push({ ...finding, verdict: 'refused', message });
      continue;
    }
    settings.plugins.add(plugin);
    if (isAlwaysOn(entry.entries.get('litellm_params'), reading)) continue;
    const message = 'clients cannot choose guardrails: it is on for every call, as if default_on were true';
    reading.findings.push({ ...finding, verdict: 'supported', message });
  }
}

function isAlwaysOn(params: ConfigNode | undefined, reading: ReadContext): boolean {
  const map = params && mapOf(params, reading);
  const flag = map?.entries.get('default_on');
  return flag !== undefined && flagOf(flag, reading) === true;
}
