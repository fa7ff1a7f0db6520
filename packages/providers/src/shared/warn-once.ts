import type { EncodeTarget } from '@portico/core';

/** The same target, which hears each remark once: about every message of a long conversation it helps nobody. */
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
