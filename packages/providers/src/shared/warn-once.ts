import type { EncodeTarget } from '@portico/core/provider';

/**
 * The same target, which reports each warning once: repeating it for every message of a long conversation does not
 * help.
 */
export function warnOnce(target: EncodeTarget): EncodeTarget {
  const said = new Set<string>();
  return {
    ...target,
    warn(message) {
      if (!said.has(message)) target.warn(message);
      said.add(message);
    },
  };
}
