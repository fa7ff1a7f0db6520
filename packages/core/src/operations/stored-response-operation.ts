import type { JsonObject } from '../encoding/json.js';
import type { Operation, UpstreamOperationName } from '../operation.js';
import type { UpstreamRequest } from '../transport.js';
import type { DeferredUsage } from './deferred-usage.js';

/** An endpoint for stored responses: everything core knows about it. Pure, no state. */
export interface StoredResponseOperation extends Operation {
  /** The operation that created the responses: callers who may use it may use this. */
  readonly name: UpstreamOperationName;
  /** Below the mount; stored responses are below it, by id. */
  readonly path: string;
  readonly actions: readonly StoredResponseAction[];
  /** The usage of a response, once it reports that it is finished. */
  consumed(answer: JsonObject): DeferredUsage | undefined;
}

/** The actions on one stored response. */
export interface StoredResponseAction {
  readonly method: UpstreamRequest['method'];
  /** The path after its id. */
  readonly below: '' | `/${string}`;
}
