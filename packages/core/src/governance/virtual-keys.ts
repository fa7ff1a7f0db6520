import type { Clock } from '../clock.js';
import { GatewayError } from '../errors.js';
import type { VirtualKeyConfig } from '../gateway-config.js';
import type { Principal } from '../principal.js';
import { reveal } from '../secret.js';

/** The virtual keys of the configuration. */
export interface KeyRing {
  readonly size: number;
  /** Who a shown key stands for. Throws `unauthenticated` with code `invalid_api_key`, `expired` or `revoked`. */
  find(shown: string): Principal;
}

const SHORTEST_KEY = 20;

/** Makes the ring. Throws an Error that names the index of a key that is too short, not sendable in a header, or there twice. */
export function openKeyRing(keys: readonly VirtualKeyConfig[], clock: Clock): KeyRing {
  const seen = new Map<string, number>();
  const entries = keys.map((key, index): [string, KeyEntry] => {
    const text = checkedText(key, index);
    const first = seen.get(text);
    if (first !== undefined)
      throw new Error(`keys[${index}].key is the same as keys[${first}].key: each needs its own.`);
    seen.set(text, index);
    return [
      text,
      { principal: Object.freeze({ ...key.principal }), endsAt: endOf(key, index), revoked: key.revoked === true },
    ];
  });
  const look = openLookup(entries);

  return {
    size: entries.length,
    find(shown) {
      const entry = look(shown);
      if (entry === undefined) throw refused('invalid_api_key');
      if (entry.revoked) throw refused('revoked');
      if (clock.now() >= entry.endsAt) throw refused('expired');
      return entry.principal;
    },
  };
}

interface KeyEntry {
  readonly principal: Principal;
  readonly endsAt: number;
  readonly revoked: boolean;
}

function checkedText(key: VirtualKeyConfig, index: number): string {
  const text = typeof key.key === 'string' ? key.key : reveal(key.key);
  if (text.length < SHORTEST_KEY) {
    throw new Error(`keys[${index}].key has ${text.length} characters: use at least ${SHORTEST_KEY}, made at random.`);
  }
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // A line break at the end of a file is the usual case: such a key would never match.
    if (code < 0x21 || code > 0x7e) {
      throw new Error(
        `keys[${index}].key holds a character that no header can carry: use printable ASCII without spaces.`,
      );
    }
  }
  return text;
}

function endOf(key: VirtualKeyConfig, index: number): number {
  if (key.expiresAt === undefined) return Number.POSITIVE_INFINITY;
  const endsAt = Number(key.expiresAt);
  if (Number.isNaN(endsAt))
    throw new Error(`keys[${index}].expiresAt is not a time: use a Date or milliseconds since the epoch.`);
  return endsAt;
}

// Looking up a hash of the whole key (R-SEC-3) tells nothing by its timing: nobody can choose a key by the beginning of its hash.
function openLookup(entries: readonly (readonly [string, KeyEntry])[]): (shown: string) => KeyEntry | undefined {
  const sha256 = findSha256();
  if (sha256 === undefined) return (shown) => compareWithAll(shown, entries);
  const byHash = new Map(entries.map(([text, entry]) => [sha256(text), entry]));
  return (shown) => byHash.get(sha256(shown));
}

interface NodeCrypto {
  /** Since Node 20.12, and three times as fast; other runtimes with Node's modules may lack it. */
  hash?(algorithm: string, text: string, encoding: 'base64'): string;
  createHash(algorithm: string): { update(text: string): { digest(encoding: 'base64'): string } };
}

// Web crypto only hashes asynchronously, which would cost every call a turn of the event loop.
function findSha256(): ((text: string) => string) | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const crypto = process?.getBuiltinModule?.('node:crypto') as NodeCrypto | undefined;
  if (crypto === undefined) return undefined;
  const { hash } = crypto;
  if (hash !== undefined) return (text) => hash('sha256', text, 'base64');
  return (text) => crypto.createHash('sha256').update(text).digest('base64');
}

// Without a hash at hand: every key is read to its end, whatever was shown, so the time depends on the configuration alone.
function compareWithAll(shown: string, entries: readonly (readonly [string, KeyEntry])[]): KeyEntry | undefined {
  let found: KeyEntry | undefined;
  for (const [text, entry] of entries) {
    let difference = shown.length ^ text.length;
    for (let at = 0; at < text.length; at++) difference |= text.charCodeAt(at) ^ shown.charCodeAt(at);
    if (difference === 0) found = entry;
  }
  return found;
}

// One text for all three: what was wrong with a key is told by the code alone.
function refused(code: 'invalid_api_key' | 'expired' | 'revoked'): GatewayError {
  return new GatewayError(
    'unauthenticated',
    'The API key is not valid here: check that it was copied whole, or ask whoever runs this service for a new one.',
    { code },
  );
}
