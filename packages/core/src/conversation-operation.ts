import type { GatewayError } from './errors.js';
import type { Operation } from './operation.js';
import type { Usage } from './usage.js';

/** An endpoint at which one converses: everything core knows of it. Pure, no state. */
export interface ConversationOperation extends Operation {
  readonly name: 'realtime';
  readonly path: string;
  /** A client's message as the upstream is to get it. */
  toUpstream(message: string): string;
  /** What a message of the upstream says was consumed, since the last that said so. */
  usageOfMessage(message: string): Usage | undefined;
  /** A failure as a message. */
  failure(error: GatewayError, requestId: string): string;
}
