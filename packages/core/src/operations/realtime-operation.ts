import type { GatewayError } from '../errors.js';
import type { Operation } from '../operation.js';
import type { Usage } from '../usage/usage.js';

/** A realtime endpoint: everything core knows about it. Pure, no state. */
export interface RealtimeOperation extends Operation {
  readonly name: 'realtime';
  readonly path: string;
  /** A client's message as the upstream expects it. */
  toUpstream(message: string): string;
  /** The usage that a message of the upstream reports, since the last report. */
  usageOfMessage(message: string): Usage | undefined;
  /** A failure as a message. */
  failure(error: GatewayError, requestId: string): string;
}
