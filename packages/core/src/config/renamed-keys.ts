/** Configuration keys that had another name before the first release, by their old name. */
export const RENAMED_KEYS: Readonly<Record<string, string>> = {
  abilities: 'capabilities',
  fallbackCircles: 'allowFallbackCycles',
  hold: 'initialBuffer',
  longestConversationMs: 'maxSessionMs',
  quotaRestMs: 'quotaCooldownMs',
  restMs: 'cooldownMs',
};

/** The new name of a key that is known here under another one; undefined for any other key. */
export function renamedKey(key: string, known: readonly string[]): string | undefined {
  const name = Object.hasOwn(RENAMED_KEYS, key) ? RENAMED_KEYS[key] : undefined;
  return name !== undefined && known.includes(name) ? name : undefined;
}
