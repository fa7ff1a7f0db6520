import type { Consumption } from './consumption.js';
import type { JsonObject } from './json.js';
import type { Operation, UpstreamOperationName } from './operation.js';
import type { UpstreamRequest } from './transport.js';

/** What can be asked of the answers to an operation that upstreams keep: everything core knows of it. Pure, no state. */
export interface KeptOperation extends Operation {
  /** That of the answers: whoever may ask for them may ask for this. */
  readonly name: UpstreamOperationName;
  /** Below the mount; answers lie below it by their id. */
  readonly path: string;
  readonly actions: readonly KeptAction[];
  /** What an answer consumed, where it says that it is over. */
  consumed(answer: JsonObject): Consumption | undefined;
}

/** What can be done with one answer. */
export interface KeptAction {
  readonly method: UpstreamRequest['method'];
  /** What follows its id. */
  readonly below: '' | `/${string}`;
}
