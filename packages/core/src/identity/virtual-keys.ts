import type { Clock } from '../clock.js';
import { GatewayError } from '../errors.js';
import type { Principal } from '../principal.js';
import { reveal } from '../secret.js';
import { type ConfigProblem, throwProblems } from '../settings/config-error.js';
import type { VirtualKeyConfig } from '../settings/gateway-config.js';
import { findHash } from './sha256.js';

/** The virtual keys of the configuration. */
export interface VirtualKeys {
  readonly size: number;
  /** The principal of a key; undefined if it is none of these. Throws `unauthenticated` with code `expired` or `revoked`. */
  find(presented: string): Principal | undefined;
}

const SHORTEST_KEY = 20;

/** Makes the ring. Throws a `ConfigError` if `keyProblems` has any. */
export function createVirtualKeys(keys: readonly VirtualKeyConfig[], clock: Clock): VirtualKeys {
  throwProblems(keyProblems(keys));
  const entries = keys.map((key): [string, KeyEntry] => [
    textOf(key),
    { principal: Object.freeze({ ...key.principal }), endsAt: endOf(key), revoked: key.revoked === true },
  ]);
  const look = openLookup(entries);

  return {
    size: entries.length,
    find(presented) {
      const entry = look(presented);
      if (entry === undefined) return undefined;
      if (entry.revoked) throw keyRefused('revoked');
      if (clock.now() >= entry.endsAt) throw keyRefused('expired');
      return entry.principal;
    },
  };
}

interface KeyEntry {
  readonly principal: Principal;
  readonly endsAt: number;
  readonly revoked: boolean;
}

/** What is wrong with keys: one that is too short, not sendable in a header or there twice, or an end that is no time. */
export function keyProblems(keys: readonly VirtualKeyConfig[]): readonly ConfigProblem[] {
  const seen = new Map<string, number>();
  return keys.flatMap((key, index) => {
    const text = textOf(key);
    const first = seen.get(text);
    if (first === undefined) seen.set(text, index);
    const message = first === undefined ? textProblem(text) : `is the same as keys[${first}].key: each needs its own.`;
    return [
      ...(message === undefined ? [] : [{ path: `keys[${index}].key`, message }]),
      ...(Number.isNaN(endOf(key))
        ? [
            {
              path: `keys[${index}].expiresAt`,
              message: 'is not a time: use a Date or milliseconds since the epoch.',
            },
          ]
        : []),
    ];
  });
}

function textProblem(text: string): string | undefined {
  if (text.length < SHORTEST_KEY)
    return `has ${text.length} characters: use at least ${SHORTEST_KEY}, generated at random.`;
  // A line break at the end of a file is the usual case: such a key would never match.
  if (/^[!-~]*$/.test(text)) return undefined;
  return 'contains a character that a header cannot have: use printable ASCII without spaces.';
}

function textOf({ key }: VirtualKeyConfig): string {
  return typeof key === 'string' ? key : reveal(key);
}

function endOf({ expiresAt }: VirtualKeyConfig): number {
  return expiresAt === undefined ? Number.POSITIVE_INFINITY : Number(expiresAt);
}

// Looking up a hash of the whole key (R-SEC-3) reveals nothing by its timing: nobody can choose a key by the
// beginning of its hash.
function openLookup(entries: readonly (readonly [string, KeyEntry])[]): (presented: string) => KeyEntry | undefined {
  const sha256 = findHash();
  if (sha256 === undefined) return (presented) => compareWithAll(presented, entries);
  const byHash = new Map(entries.map(([text, entry]) => [sha256(text), entry]));
  return (presented) => byHash.get(sha256(presented));
}

// Without a hash function every key is compared to its end, so that the time does not depend on the key that was
// sent.
function compareWithAll(presented: string, entries: readonly (readonly [string, KeyEntry])[]): KeyEntry | undefined {
  let found: KeyEntry | undefined;
  for (const [text, entry] of entries) {
    let difference = presented.length ^ text.length;
    for (let at = 0; at < text.length; at++) difference |= text.charCodeAt(at) ^ presented.charCodeAt(at);
    if (difference === 0) found = entry;
  }
  return found;
}

/** One text for all three reasons: only the code says what was wrong. */
export function keyRefused(code: 'invalid_api_key' | 'expired' | 'revoked'): GatewayError {
  return new GatewayError(
    'unauthenticated',
    'The API key is not valid here: check that it was copied completely, or ask the operator of this service for a new one.',
    { code },
  );
}
