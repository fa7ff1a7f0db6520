import type { CallAccount } from '../accounts/call-account.js';
import type { Answer, UpstreamAnswer } from '../answer.js';
import type { Call } from '../call.js';
import type { Cancellation } from '../cancellation.js';
import type { MaybePromise } from '../encoding/json.js';
import type { Caller } from '../identity/identify.js';
import type { IncomingRequest } from '../incoming-request.js';
import type { ErrorFormat, Operation, OperationName } from '../operation.js';
import type { Reply } from '../reply.js';
import type { Answered, AttemptRunner } from '../routing/route-scope.js';

/** Something that a client may ask: its routes, the format of its errors, and how it is answered. */
export interface Endpoint<Host = unknown> {
  /** How records, logs and the rights of principals name it. */
  readonly name: OperationName;
  readonly routes: readonly EndpointRoute[];
  readonly errors: ErrorFormat;
  /** Answers the request of an identified caller. What it throws, or rejects with, becomes the error of the client. */
  handle(exchange: Exchange<Host>): MaybePromise<Reply>;
}

export interface EndpointRoute {
  readonly method: string;
  /**
   * Below the mount, without `/v1`: `/files/{id}/content`. `{name}` is one segment, `{name...}` at the end is all that follow.
   */
  readonly path: string;
  /** Only at this path, not below `/v1` as well. */
  readonly isExact?: true;
  /** Whether it takes a path that fits. Throws for a path that must not be used at all. */
  accepts?(params: PathParams): boolean;
}

/** The parts of a path that a route names, as they were sent. */
export type PathParams = Readonly<Record<string, string>>;

/** A request that is being opened. */
export interface OpeningExchange<Host = unknown> {
  /** Also the request id the client sees. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly request: IncomingRequest<Host>;
  readonly caller: Caller;
  /** Cancelled when the client disconnects. */
  readonly cancellation: Cancellation;
}

/** One request of a client and its reply. */
export interface Exchange<Host = unknown> extends OpeningExchange<Host> {
  readonly params: PathParams;
  /**
   * Authorises the call, reserves what it may need and opens its account; once for each exchange. From then on it is recorded,
   * however it ends. Rejects with the refusal.
   */
  admit(call: Call<Host, Operation>): Promise<CallAccount>;
  /** The reply to the admitted call. */
  respond(answer: Answer): Reply;
}

/** How admitted calls are answered by models. */
export interface Route {
  /** Gets an answer for an admitted call. */
  ask(call: Call, account: CallAccount): Promise<UpstreamAnswer>;
  /** Follows the route of an admitted call, making attempts with `runner`, until one of them succeeds. */
  follow<Given extends Answered>(
    call: Call<unknown, Operation>,
    account: CallAccount,
    runner: AttemptRunner<Given>,
  ): Promise<Given>;
  /** Whether any deployment is possible. */
  canServe(call: Call<unknown, Operation>): boolean;
}
