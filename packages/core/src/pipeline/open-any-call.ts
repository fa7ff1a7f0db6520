import type { Call } from '../call.js';
import type { Cancellation } from '../cancellation.js';
import type { IncomingRequest } from '../incoming.js';
import type { Operation, UpstreamOperation } from '../operation.js';
import type { Caller } from './identify.js';
import { type OpenCallParts, openCall } from './open-call.js';
import { type ConversationMatch, type OpenConversationParts, openConversation } from './open-conversation.js';
import { type HeldCallParts, type HeldMatch, openHeldCall } from './open-held-call.js';
import { type KeptMatch, openKeptCall } from './open-kept-call.js';
import { openPassThrough, type PassThroughMatch } from './open-pass-through.js';

export type OpenAnyCallParts = OpenCallParts & HeldCallParts & OpenConversationParts;

/** Opens the call that a request is, each kind in its own way. */
export function openAnyCall<Host>(
  id: string,
  startedAt: number,
  matched: UpstreamOperation | HeldMatch | KeptMatch | ConversationMatch | PassThroughMatch,
  caller: Caller,
  request: IncomingRequest<Host>,
  cancellation: Cancellation,
  parts: OpenAnyCallParts,
): Promise<Call<Host, Operation>> {
  switch (matched.kind) {
    case 'upstream':
      return openCall(id, startedAt, matched, caller, request, cancellation, parts);
    case 'held':
      return openHeldCall(id, startedAt, matched, caller, request, cancellation, parts);
    case 'kept':
      return openKeptCall(id, startedAt, matched, caller, request, cancellation, parts);
    case 'conversation':
      return openConversation(id, startedAt, matched, caller, request, cancellation, parts);
    case 'passThrough':
      return openPassThrough(id, startedAt, matched, caller, request, cancellation, parts);
  }
}
