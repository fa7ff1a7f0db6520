import type { ConnectionSettings } from '@portico/core';

/** A deployment's `options` by name. Throws a sentence for one that the provider does not know: it would be ignored for ever. */
export function readOptions<Name extends string>(
  settings: ConnectionSettings,
  known: readonly Name[],
  who: string,
): Readonly<Partial<Record<Name, unknown>>> {
  for (const name of Object.keys(settings.options)) {
    if ((known as readonly string[]).includes(name)) continue;
    const has = known.length === 0 ? 'It has none' : `It has ${known.map((one) => `"${one}"`).join(', ')}`;
    throw new Error(`${who} has no option "${name}". ${has}.`);
  }
  return settings.options as Partial<Record<Name, unknown>>; // every name was just found among the known
}

/** An option that must be a string if it is there. */
export function textOption(options: Readonly<Record<string, unknown>>, name: string, who: string): string | undefined {
  const value = options[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '')
    throw new Error(`The option "${name}" of ${who} must be a string that is not empty.`);
  return value;
}
