import { fromBase64Url, toBase64Url } from './base64url.js';
import { GatewayError } from './errors.js';
import type { GatewayConfig } from './gateway-config.js';
import { secretTexts } from './secret.js';

/** What vendors keep for a caller and name by an id, and what its id begins with, as clients know it. */
const PREFIXES = { file: 'file-', batch: 'batch_', response: 'resp_' } as const;

export type HeldKind = keyof typeof PREFIXES;

/** Something that a vendor keeps for a caller. */
export interface Held {
  /** Id of the deployment that has it: nobody else knows it. */
  readonly deployment: string;
  /** The vendor's own id. */
  readonly id: string;
  /** An answer that was not made yet when its id was given out: what it consumes is still to be charged (decision 0008). */
  readonly owed?: true;
}

/**
 * The ids clients hold in place of the vendor's. Each leads back to its deployment and is of use to its owner alone; nobody
 * can read one or make one up, and no store is asked (decision 0007). The same thing always has the same id.
 */
export interface HeldIds {
  seal(kind: HeldKind, held: Held, ownerId: string): Promise<string>;
  /** Undefined for an id that was not given out, as this kind, to this owner: to whom it does not exist. */
  open(kind: HeldKind, id: string, ownerId: string): Promise<Held | undefined>;
  /** 16 characters to be written on what a deployment keeps for an owner, to find it again among everybody's. */
  mark(deployment: string, ownerId: string): Promise<string>;
}

/** Undefined where no secret is configured: then nothing can be kept. Throws a `ConfigError` if one is too short. */
export function heldIdsOf({ ids, tokens }: Pick<GatewayConfig, 'ids' | 'tokens'>): HeldIds | undefined {
  if (ids !== undefined) return openHeldIds(secretTexts(ids.secret, 'ids.secret'));
  return tokens && openHeldIds(secretTexts(tokens.secret, 'tokens.secret'));
}

/** The refusal of what needs sealed ids where there is no secret for them. */
export function nothingCanBeHeld(what: string): GatewayError {
  return new GatewayError(
    'not_found',
    `${what} cannot be used here: their ids need a secret. Whoever runs this service can set "ids.secret".`,
    { code: 'unsupported_operation' },
  );
}

/** The 404 for an id that does not open, whether or not it would for somebody else. */
export function nothingHeld(kind: HeldKind, id: string): GatewayError {
  return new GatewayError('not_found', `There is no ${kind} ${JSON.stringify(id.slice(0, 100))} of yours.`);
}

/** The first secret seals and all of them open, for changing it while ids are out. */
export function openHeldIds(secrets: readonly string[]): HeldIds {
  let derived: Promise<readonly Keys[]> | undefined;
  const keys = () => (derived ??= Promise.all(secrets.map(deriveKeys)));

  return {
    async seal(kind, held, ownerId) {
      const [first] = await keys();
      const { sealing, naming } = first as Keys;
      const additionalData = UTF8.encode(`${kind}\n${ownerId}`);
      const text = UTF8.encode(JSON.stringify([held.deployment, held.id, ...(held.owed ? [1] : [])]));
      // Made of what it seals, so that the same thing has the same id and two things never share one.
      const named = await crypto.subtle.sign('HMAC', naming, joined(additionalData, ZERO, text));
      const iv = new Uint8Array(named, 0, IV_BYTES);
      const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, sealing, text);
      return PREFIXES[kind] + toBase64Url(joined(iv, new Uint8Array(sealed)));
    },

    async open(kind, id, ownerId) {
      const prefix = PREFIXES[kind];
      if (!id.startsWith(prefix) || id.length > LONGEST_ID) return undefined;
      const bytes = fromBase64Url(id.slice(prefix.length));
      if (bytes === undefined || bytes.length <= IV_BYTES) return undefined;
      const algorithm = {
        name: 'AES-GCM',
        iv: bytes.subarray(0, IV_BYTES),
        additionalData: UTF8.encode(`${kind}\n${ownerId}`),
      };
      for (const { sealing } of await keys()) {
        const text = await crypto.subtle.decrypt(algorithm, sealing, bytes.subarray(IV_BYTES)).catch(() => undefined);
        if (text === undefined) continue;
        const [deployment, held, owed] = JSON.parse(new TextDecoder().decode(text)) as [string, string, 1?]; // we wrote it
        return { deployment, id: held, ...(owed && { owed: true }) };
      }
      return undefined;
    },

    async mark(deployment, ownerId) {
      const [first] = await keys();
      const text = UTF8.encode(JSON.stringify(['mark', deployment, ownerId]));
      const named = await crypto.subtle.sign('HMAC', (first as Keys).naming, text);
      return toBase64Url(new Uint8Array(named, 0, IV_BYTES));
    },
  };
}

interface Keys {
  readonly sealing: CryptoKey;
  readonly naming: CryptoKey;
}

const UTF8 = new TextEncoder();
const ZERO = new Uint8Array(1);
const IV_BYTES = 12;
/** Deployments are named by the configuration, what they hold by vendors; both are short. */
const LONGEST_ID = 2_048;

/** Keys of their own, so that one secret may serve tokens as well. */
async function deriveKeys(secret: string): Promise<Keys> {
  const material = await crypto.subtle.importKey('raw', UTF8.encode(secret), 'HKDF', false, ['deriveKey']);
  const from = (info: string) => ({
    name: 'HKDF',
    hash: 'SHA-256',
    salt: ZERO,
    info: UTF8.encode(`held ids: ${info}`),
  });
  const [sealing, naming] = await Promise.all([
    crypto.subtle.deriveKey(from('sealing'), material, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']),
    crypto.subtle.deriveKey(from('naming'), material, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']),
  ]);
  return { sealing, naming };
}

function joined(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
