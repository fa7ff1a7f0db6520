import type { Deployment } from '../../deployment.js';
import { isJsonObject, type JsonObject, type MaybePromise } from '../../encoding/json.js';
import { GatewayError } from '../../errors.js';
import type { ResourceIds } from '../../operations/resource-ids.js';
import type { Principal } from '../../principal.js';
import type { RouteTable } from '../../routing/route-table.js';

/**
 * Requests can name what a vendor stores: files, vector stores, containers, conversations, objects in the operator's buckets. The
 * vendor looks them up with the operator's credential, so whoever learns an id could read another caller's data. A file that was
 * uploaded through the gateway has an id that works for its owner alone; all other ids are refused unless the operator allows them.
 */
export interface VendorReferenceDeps {
  /** Undefined where no secret is configured: then no file can have been uploaded. */
  readonly resourceIds: ResourceIds | undefined;
  readonly table: RouteTable;
  readonly vendorIds: 'refuse' | 'allow';
}

/** The body to send, and the deployment that has the files it names; undefined if any may be asked. */
export interface Resolved {
  readonly body: JsonObject;
  readonly storedAt: Deployment | undefined;
}

/** Checks what a body refers to. Throws, or rejects with, `invalid_input` for what is not this principal's. */
export function resolveReferences(
  body: JsonObject,
  principal: Principal,
  deps: VendorReferenceDeps,
): MaybePromise<Resolved> {
  const found = referencesIn(body);
  return found.length === 0 ? { body, storedAt: undefined } : resolve(found, body, principal, deps);
}

async function resolve(
  found: readonly Reference[],
  body: JsonObject,
  principal: Principal,
  deps: VendorReferenceDeps,
): Promise<Resolved> {
  const files = new Map<string, string>();
  let storedAt: Deployment | undefined;
  for (const { kind, id, path } of found) {
    const file = kind === 'file' ? await deps.resourceIds?.decrypt('file', id, principal.id) : undefined;
    const deployment = file && deps.table.findTarget(file.deployment)?.deployment;
    if (file === undefined || deployment === undefined) {
      if (deps.vendorIds === 'allow') continue;
      throw notAllowed(kind, path);
    }
    if (storedAt !== undefined && storedAt !== deployment) throw elsewhere(path);
    storedAt = deployment;
    files.set(id, file.id);
  }
  return { body: files.size === 0 ? body : withFiles(body, files), storedAt };
}

type ReferenceKind = 'file' | 'vector store' | 'container' | 'conversation' | 'stored object';

interface Reference {
  readonly kind: ReferenceKind;
  readonly id: string;
  readonly path: string;
}

/** Fields, wherever they stand in content or in a tool of the vendor's, and what their ids name. */
const ID_FIELDS: ReadonlyMap<string, ReferenceKind> = new Map([
  ['file_id', 'file'],
  ['file_ids', 'file'],
  ['vector_store_id', 'vector store'],
  ['vector_store_ids', 'vector store'],
  ['container', 'container'],
  ['container_id', 'container'],
  ['conversation', 'conversation'],
]);

/** Fields of a body in which references stand. Instructions, schemas and settings hold none. */
const SEARCHED = ['messages', 'input', 'system', 'tools', 'tool_resources', 'documents'] as const;

/** In the operator's own buckets at AWS and Google. */
const STORED_OBJECT = /^(?:s3|gs):\/\//i;
/** Fields that hold an address; text that begins like one is text. */
const ADDRESS_FIELDS = new Set([
  'url',
  'image_url',
  'file_url',
  'uri',
  's3uri',
  'fileuri',
  'file_uri',
  'data',
  'file_data',
]);

function referencesIn(body: JsonObject): Reference[] {
  const found: Reference[] = [];
  for (const field of ['conversation', 'container'] as const) {
    const value = body[field];
    if (value !== undefined && value !== null) note(field, value, field);
  }
  for (const field of SEARCHED) {
    const value = body[field];
    if (typeof value === 'object' && value !== null) search(value, field, field === 'tools');
  }
  return found;

  /** The depth of a body was checked when it was measured. */
  function search(value: unknown, path: string, isTools: boolean): void {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) {
        if (typeof item !== 'object' || item === null) continue;
        // What a caller's own function takes is a schema.
        if (isTools && ((item as JsonObject).type === 'function' || 'input_schema' in item)) continue;
        search(item, `${path}[${index}]`, false);
      }
      return;
    }
    const object = value as JsonObject;
    for (const key in object) {
      const inner = object[key];
      if (typeof inner === 'string' && inner.length < 5) continue;
      if (ID_FIELDS.has(key)) note(key, inner, `${path}.${key}`);
      else if (typeof inner === 'object' && inner !== null) search(inner, `${path}.${key}`, false);
      else if (typeof inner === 'string' && ADDRESS_FIELDS.has(key.toLowerCase()) && STORED_OBJECT.test(inner)) {
        found.push({ kind: 'stored object', id: inner, path: `${path}.${key}` });
      }
    }
  }

  function note(field: string, value: unknown, path: string): void {
    const kind = ID_FIELDS.get(field) as ReferenceKind;
    if (typeof value === 'string') {
      found.push({ kind: STORED_OBJECT.test(value) ? 'stored object' : kind, id: value, path });
    } else if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) note(field, item, `${path}[${index}]`);
    } else if (isJsonObject(value)) {
      // A new container, or one by its id; a conversation by its id.
      if (typeof value.id === 'string') found.push({ kind, id: value.id, path: `${path}.id` });
      search(value, path, false);
    }
  }
}

/** A copy in which the public ids of files are the vendor's. */
function withFiles(body: JsonObject, files: ReadonlyMap<string, string>): JsonObject {
  const text = JSON.stringify(body, (key, value: unknown) => {
    if (ID_FIELDS.get(key) !== 'file') return value;
    if (typeof value === 'string') return files.get(value) ?? value;
    return Array.isArray(value) ? value.map((id) => files.get(id as string) ?? (id as unknown)) : value;
  });
  return JSON.parse(text) as JsonObject;
}

function notAllowed(kind: ReferenceKind, path: string): GatewayError {
  const instead =
    kind === 'file'
      ? 'Upload it through this service, or send its content.'
      : 'Send the content itself, or ask the operator.';
  return new GatewayError('invalid_input', `"${path}" names no ${kind} of yours. ${instead}`, {
    param: path,
    code: 'unknown_reference',
    detail: `Ids of the vendor itself are allowed with vendorIds: 'allow'.`,
  });
}

function elsewhere(path: string): GatewayError {
  return new GatewayError('invalid_input', `"${path}" is stored with another vendor than the files before it.`, {
    param: path,
    code: 'unknown_reference',
  });
}
