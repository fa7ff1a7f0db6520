import { reveal, Secret } from '@portico/core';
import type { ConnectionSettings } from '@portico/core/provider';

/** A deployment's `options` by name. Throws a sentence for an unknown one: it would be silently ignored. */
export function readOptions<Name extends string>(
  settings: ConnectionSettings,
  known: readonly Name[],
  providerName: string,
): Readonly<Partial<Record<Name, unknown>>> {
  for (const name of Object.keys(settings.options)) {
    if ((known as readonly string[]).includes(name)) continue;
    const has = known.length === 0 ? 'It has none' : `It has ${known.map((one) => `"${one}"`).join(', ')}`;
    throw new Error(`${providerName} has no option "${name}". ${has}.`);
  }
  return settings.options as Partial<Record<Name, unknown>>; // every name was just found among the known ones
}

/** An option that must be a string if it is there. */
export function textOption(
  options: Readonly<Record<string, unknown>>,
  name: string,
  providerName: string,
): string | undefined {
  const value = options[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '')
    throw new Error(`The option "${name}" of ${providerName} must be a string that is not empty.`);
  return value;
}

/** An option with a credential, as text or as a secret. */
export function secretOption(
  options: Readonly<Record<string, unknown>>,
  name: string,
  providerName: string,
): string | undefined {
  const value = options[name];
  const text = value instanceof Secret ? reveal(value) : value;
  if (text === undefined || (typeof text === 'string' && text !== '')) return text;
  throw new Error(`The option "${name}" of ${providerName} must be text or a secret.`);
}
