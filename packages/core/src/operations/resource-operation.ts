import type { JsonObject } from '../encoding/json.js';
import type { Operation, RelayedOperationName } from '../operation.js';
import type { UpstreamRequest } from '../transport.js';
import type { DeferredUsage } from './deferred-usage.js';
import type { ResourceKind } from './resource-ids.js';

/** An endpoint for resources that vendors store: everything core knows about it. Pure, no state. */
export interface ResourceOperation extends Operation {
  readonly name: RelayedOperationName & ('files' | 'batches');
  /** Below the mount; resources are below it, by id. */
  readonly path: string;
  readonly kind: ResourceKind;
  /** A new resource is created from a form with a file, or from JSON that names its file in this field. */
  readonly madeOf: 'form' | { readonly field: string; readonly kind: ResourceKind };
  readonly actions: readonly ResourceAction[];
  /** The fields of its descriptions that contain ids, and of which kind. */
  readonly idFields: Readonly<Record<string, ResourceKind>>;
  /** Its description with the tag of its owner, as the vendor stores it. */
  withOwnerTag(thing: JsonObject, ownerTag: string): JsonObject;
  /** The owner tag that was stored when it was created, because the vendor's lists are of the whole account. */
  ownerTagOf(thing: JsonObject): string | undefined;
  /** Its description as its owner sees it. */
  withoutOwnerTag(thing: JsonObject): JsonObject;
  /** What it consumed, once it has ended; undefined before, and for what consumes nothing. */
  consumed?(thing: JsonObject): DeferredUsage | undefined;
}

/** The actions on one resource. */
export interface ResourceAction {
  readonly method: UpstreamRequest['method'];
  /** The path after its id. */
  readonly below: '' | `/${string}`;
  /** Returns the description of the resource, or its bytes. */
  readonly answer: 'thing' | 'bytes';
}
