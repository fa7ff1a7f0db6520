import type { MaybePromise } from '../encoding/json.js';
import { hashOfKey } from '../stores/key-secret.js';

interface NodeCrypto {
  /** Since Node 20.12, and three times as fast; other runtimes with Node's modules may lack it. */
  hash?(algorithm: string, text: string, encoding: 'hex'): string;
  createHash(algorithm: string): { update(text: string): { digest(encoding: 'hex'): string } };
}

// Web Crypto only hashes asynchronously, which would cost every call a turn of the event loop.
const hashAtOnce = findHash();

/** The SHA-256 of a text as lower-case hex, at once where the runtime can. */
export function sha256Of(text: string): MaybePromise<string> {
  return hashAtOnce === undefined ? hashOfKey(text) : hashAtOnce(text);
}

/** Undefined where the runtime hashes asynchronously only. */
export function findHash(): ((text: string) => string) | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const crypto = process?.getBuiltinModule?.('node:crypto') as NodeCrypto | undefined;
  if (crypto === undefined) return undefined;
  const { hash } = crypto;
  if (hash !== undefined) return (text) => hash('sha256', text, 'hex');
  return (text) => crypto.createHash('sha256').update(text).digest('hex');
}
