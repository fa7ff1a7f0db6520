import type { Call } from '../call.js';
import type { Cancellation } from '../cancellation.js';
import type { Caller } from '../identity/identify.js';
import type { IncomingRequest } from '../incoming-request.js';
import type { Operation, UpstreamOperation } from '../operation.js';
import { openPassThrough, type PassThroughMatch } from './pass-through/open-pass-through.js';
import { type OpenSessionDeps, openSession, type RealtimeMatch } from './realtime/open-session.js';
import { openStoredResponseCall, type StoredResponseMatch } from './responses/open-stored-response-call.js';
import { type OpenCallDeps, openCall } from './shared/open-call.js';
import { openResourceCall, type ResourceCallDeps, type ResourceMatch } from './shared/open-resource-call.js';

export type OpenAnyCallDeps = OpenCallDeps & ResourceCallDeps & OpenSessionDeps;

/** Opens a call, according to its kind of endpoint. */
export function openAnyCall<Host>(
  id: string,
  startedAt: number,
  matched: UpstreamOperation | ResourceMatch | StoredResponseMatch | RealtimeMatch | PassThroughMatch,
  caller: Caller,
  request: IncomingRequest<Host>,
  cancellation: Cancellation,
  deps: OpenAnyCallDeps,
): Promise<Call<Host, Operation>> {
  switch (matched.kind) {
    case 'upstream':
      return openCall(id, startedAt, matched, caller, request, cancellation, deps);
    case 'resource':
      return openResourceCall(id, startedAt, matched, caller, request, cancellation, deps);
    case 'storedResponse':
      return openStoredResponseCall(id, startedAt, matched, caller, request, cancellation, deps);
    case 'session':
      return openSession(id, startedAt, matched, caller, request, cancellation, deps);
    case 'passThrough':
      return openPassThrough(id, startedAt, matched, caller, request, cancellation, deps);
  }
}
