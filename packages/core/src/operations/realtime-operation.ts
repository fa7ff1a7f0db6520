import type { GatewayError } from '../errors.js';
import type { Operation } from '../operation.js';
import type { Usage } from '../usage/usage.js';

/** A realtime endpoint: everything core knows about it. Pure, no state. */
export interface RealtimeOperation extends Operation {
  readonly name: 'realtime';
  readonly path: string;
  /** A client's message as the upstream expects it. Throws `invalid_input` for one that is not read. */
  toUpstream(message: string | Uint8Array): string;
  /** The usage that a message of the upstream reports, since the last report. */
  usageOfMessage(message: string): Usage | undefined;
  /** For one session. */
  openMeter(): SessionMeter;
  /** A failure as a message. */
  failure(error: GatewayError, requestId: string): string;
}

/** Counts what passes in a session, for an estimate of what no report has covered. */
export interface SessionMeter {
  /** A message to the upstream. */
  sent(message: string): void;
  /** A message of the upstream that reports no usage. */
  received(message: string): void;
  /** The upstream has reported the usage of all so far. */
  reported(): void;
  /** The estimated usage of an answer that is under way; undefined if there is none. */
  unreported(): Usage | undefined;
}
