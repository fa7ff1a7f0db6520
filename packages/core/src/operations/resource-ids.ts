import { fromBase64Url, toBase64Url } from '../encoding/base64url.js';
import { GatewayError } from '../errors.js';
import { secretTexts } from '../secret.js';
import type { GatewayConfig } from '../settings/gateway-config.js';

/** The kinds of resources that vendors store for callers, and the prefix of their public ids. */
const PREFIXES = { file: 'file-', batch: 'batch_', response: 'resp_' } as const;

export type ResourceKind = keyof typeof PREFIXES;

/** A resource that a vendor stores for a caller. */
export interface StoredResource {
  /** Id of the deployment that has it; no other one knows it. */
  readonly deployment: string;
  /** The vendor's own id. */
  readonly id: string;
  /** A response that was not finished when its id was issued: its usage is still to be charged (decision 0008). */
  readonly unbilled?: true;
}

/**
 * The public ids of stored resources. Each refers to its deployment and works only for its owner; nobody can read or
 * forge one, and no store is needed (decision 0007). The same resource always has the same id.
 */
export interface ResourceIds {
  encrypt(kind: ResourceKind, resource: StoredResource, ownerId: string): Promise<string>;
  /** Undefined for an id that was not issued, as this kind, to this owner. */
  decrypt(kind: ResourceKind, id: string, ownerId: string): Promise<StoredResource | undefined>;
  /** A tag of 16 characters that is stored with an owner's resources, to find them among those of the whole account. */
  ownerTag(deployment: string, ownerId: string): Promise<string>;
}

/** Undefined where no secret is configured: then nothing can be kept. Throws a `ConfigError` if one is too short. */
export function resolveResourceIds({ ids, tokens }: Pick<GatewayConfig, 'ids' | 'tokens'>): ResourceIds | undefined {
  if (ids !== undefined) return createResourceIds(secretTexts(ids.secret, 'ids.secret'));
  return tokens && createResourceIds(secretTexts(tokens.secret, 'tokens.secret'));
}

/** The error for endpoints that need encrypted ids if there is no secret. */
export function resourcesUnavailable(what: string): GatewayError {
  return new GatewayError(
    'not_found',
    `${what} cannot be used here: their ids need a secret. The operator of this service can set "ids.secret".`,
    { code: 'unsupported_operation' },
  );
}

/** The 404 for an id that cannot be decrypted, also if it belongs to another owner. */
export function resourceNotFound(kind: ResourceKind, id: string): GatewayError {
  return new GatewayError('not_found', `There is no ${kind} ${JSON.stringify(id.slice(0, 100))} of yours.`);
}

/** The first secret encrypts and all of them decrypt, so that a secret can be changed while ids are in use. */
export function createResourceIds(secrets: readonly string[]): ResourceIds {
  let derived: Promise<readonly Keys[]> | undefined;
  const keys = () => (derived ??= Promise.all(secrets.map(deriveKeys)));

  return {
    async encrypt(kind, resource, ownerId) {
      const [first] = await keys();
      const { sealing, naming } = first as Keys;
      const additionalData = UTF8.encode(`${kind}\n${ownerId}`);
      const text = UTF8.encode(JSON.stringify([resource.deployment, resource.id, ...(resource.unbilled ? [1] : [])]));
      // Derived from the content, so that the same resource has the same id and two resources never share one.
      const named = await crypto.subtle.sign('HMAC', naming, joined(additionalData, ZERO, text));
      const iv = new Uint8Array(named, 0, IV_BYTES);
      const encrypted = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, sealing, text);
      return PREFIXES[kind] + toBase64Url(joined(iv, new Uint8Array(encrypted)));
    },

    async decrypt(kind, id, ownerId) {
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
        const [deployment, resource, unbilled] = JSON.parse(new TextDecoder().decode(text)) as [string, string, 1?]; // written by this gateway
        return { deployment, id: resource, ...(unbilled && { unbilled: true }) };
      }
      return undefined;
    },

    async ownerTag(deployment, ownerId) {
      const [first] = await keys();
      const text = UTF8.encode(JSON.stringify(['ownerTag', deployment, ownerId]));
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
/** Deployments are named in the configuration, their resources by vendors; both are short. */
const LONGEST_ID = 2_048;

/** Separate keys, so that one secret may serve tokens as well. */
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
