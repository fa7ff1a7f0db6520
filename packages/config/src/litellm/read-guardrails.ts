import { type GatewayConfig, GatewayError, type Plugin } from '@portico/core';
import { flagOf, itemsOf, mapOf, problem, type ReadContext, textOf } from '../read-context.js';
import type { ConfigNode } from '../yaml/config-node.js';
import type { SettingsDraft } from './draft.js';
import { readKeys } from './key-row.js';
import { GUARDRAIL_KEYS, offeredPlugin } from './settings-keys.js';

/**
 * Guardrails are plugins that the host passes under their name. A missing one that is always on is an error, not
 * ignored: calls would not be checked. One that runs only for calls that name it refuses those.
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
      if (isAlwaysOn(entry.entries.get('litellm_params'), reading)) {
        const message = `the host has no plugin named "${name}", and calls would not be checked`;
        reading.findings.push({ ...finding, verdict: 'refused', message });
      } else {
        settings.missingGuardrails.add(name);
        const message = `the host has no plugin named "${name}": calls that name it are refused, others do not use it`;
        reading.findings.push({ ...finding, verdict: 'ignored', message });
      }
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

/** The settings with a plugin that refuses calls which name a guardrail that is not there. */
export function withMissingGuardrails(
  config: Partial<GatewayConfig>,
  { missingGuardrails }: SettingsDraft,
): Partial<GatewayConfig> {
  if (missingGuardrails.size === 0) return config;
  const plugin: Plugin = {
    name: 'missing guardrails',
    policies: {
      authorize({ request: { body } }) {
        const named = namesIn(body.guardrails);
        const missing = named.find((name) => missingGuardrails.has(name));
        if (missing === undefined) return undefined;
        const message = `The request asks for the guardrail "${missing}", which this gateway does not have. It was not sent.`;
        return new GatewayError('invalid_input', message, { param: 'guardrails', code: 'guardrail_not_found' });
      },
    },
  };
  return { ...config, plugins: [...(config.plugins ?? []), plugin] };
}

/** `["a"]`, `[{ a: {…} }]` or `{ a: {…} }`. */
function namesIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(namesIn);
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}
