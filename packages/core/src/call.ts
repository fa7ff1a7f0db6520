import type { Cancellation } from './cancellation.js';
import type { Deployment } from './deployment.js';
import type { Errand } from './errand.js';
import type { FailureKind } from './errors.js';
import type { Form } from './form.js';
import type { JsonObject } from './json.js';
import type { MessageSocket } from './message-socket.js';
import type { ModelGroup } from './model-group.js';
import type { Demand, Operation, UpstreamOperation } from './operation.js';
import type { Principal, Via } from './principal.js';
import type { Steering } from './steering.js';
import type { HeaderLookup } from './transport.js';

/** One client request under way: one id, one principal, one outcome. */
export interface Call<Host = unknown, Asked extends Operation = UpstreamOperation> {
  /** Also the request id the client sees and the idempotency key of the usage record. */
  readonly id: string;
  readonly operation: Asked;
  readonly principal: Principal;
  readonly via: Via;
  readonly demand: Demand;
  /** JSON, or the fields of `form`. */
  readonly body: JsonObject;
  /** The request's own: routes may look at them, and some wires say a part of what is asked in them. */
  readonly headers: HeaderLookup;
  /** Where the body came as a form: its parts, files among them. */
  readonly form: Form | undefined;
  /** The group asked for. */
  readonly group: ModelGroup;
  /** What the request asks of its own routing; undefined where it asks nothing, or may not. */
  readonly steering: Steering | undefined;
  /** Set where one deployment and no other can answer; then nothing is translated. */
  readonly errand?: Errand | undefined;
  /** Set where the caller wants to converse, and not an answer. */
  readonly conversation?: Conversation | undefined;
  /** The kept answer that it goes on from. */
  readonly reference?: Reference | undefined;
  /** Which deployments may be asked, where not all that serve the operation may. */
  readonly mayAnswer?: ((deployment: Deployment) => boolean) | undefined;
  readonly host: Host;
  /** What it was tagged with: its principal's tags, and those of the request where it may steer. */
  readonly tags: readonly string[];
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly cancellation: Cancellation;
  /** Every upstream request made for the call, in order. */
  readonly attempts: Attempt[];
  /** What was dropped or could not be kept on the way. */
  readonly warnings: string[];
}

/** Messages both ways, until one of the two has had enough. */
export interface Conversation {
  /** Opens the caller's side. */
  accept(): Promise<MessageSocket>;
  /** Longest it may take, in milliseconds. */
  readonly longestMs: number;
}

/** A kept answer that a request names. */
export interface Reference {
  /** The field of the request. */
  readonly field: string;
  /** The id that the client knows it by. */
  readonly shown: string;
  /** The upstream's own. */
  readonly id: string;
  readonly deployment: Deployment;
}

/** One upstream request of a call. Times are milliseconds since the epoch. */
export interface Attempt {
  /** The group it was made for: another than the call's after a fallback. */
  readonly group: string;
  readonly deployment: string;
  readonly provider: string;
  readonly model: string;
  readonly startedAt: number;
  endedAt: number | undefined;
  /** When the answer's first content was here. */
  firstContentAt: number | undefined;
  /** HTTP status, once known. */
  status: number | undefined;
  /** The vendor's own id of the request, for its support. */
  upstreamRequestId: string | undefined;
  /** Why it failed; undefined while it runs and when it succeeded. */
  failure: FailureKind | undefined;
}
