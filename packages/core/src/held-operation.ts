import type { Consumption } from './consumption.js';
import type { HeldKind } from './held-id.js';
import type { JsonObject } from './json.js';
import type { Operation, RelayedOperationName } from './operation.js';
import type { UpstreamRequest } from './transport.js';

/** An endpoint for things that vendors keep: everything core knows of it. Pure, no state. */
export interface HeldOperation extends Operation {
  readonly name: RelayedOperationName & ('files' | 'batches');
  /** Below the mount; things lie below it by their id. */
  readonly path: string;
  readonly kind: HeldKind;
  /** A new one is made of a form with a file, or of JSON that names, in this field, the file it is made of. */
  readonly madeOf: 'form' | { readonly field: string; readonly kind: HeldKind };
  readonly actions: readonly HeldAction[];
  /** The fields of its descriptions that hold ids, and of what. */
  readonly idFields: Readonly<Record<string, HeldKind>>;
  /** Its description with the mark of its owner, as the vendor is to keep it. */
  withMark(thing: JsonObject, mark: string): JsonObject;
  /** Whose it is: what was written on it when it was made, since the vendor's lists are of everybody's. */
  markOf(thing: JsonObject): string | undefined;
  /** Its description as its owner knows it. */
  withoutMark(thing: JsonObject): JsonObject;
  /** What it consumed, once it is over; undefined before, and for what consumes nothing. */
  consumed?(thing: JsonObject): Consumption | undefined;
}

/** What can be done with one thing. */
export interface HeldAction {
  readonly method: UpstreamRequest['method'];
  /** What follows its id. */
  readonly below: '' | `/${string}`;
  /** Answers with the thing's description, or its bytes. */
  readonly answer: 'thing' | 'bytes';
}
