import { CallAccount, type CallAccountDeps } from '../accounting/call-account.js';
import type { Call } from '../call.js';
import { Cancellation } from '../cancellation.js';
import type { Clock } from '../clock.js';
import { asGatewayError, GatewayError } from '../errors.js';
import type { Admission } from '../governance/admission.js';
import { type Revocations, revoked } from '../governance/revocations.js';
import type { IncomingRequest } from '../incoming.js';
import type { Operation } from '../operation.js';
import { errorShape } from '../operations/error-shape.js';
import type { Authorize } from '../policy.js';
import type { Reply } from '../reply.js';
import { answerOrEstimate } from './answer-by-estimate.js';
import { answerMetadataOf } from './answer-metadata-of.js';
import { listModels, showModel } from './answer-models.js';
import { authorizeCall } from './authorize-call.js';
import { type IdentifyParts, identify } from './identify.js';
import type { Matched, MatchOperation } from './match-operation.js';
import { type OpenAnyCallParts, openAnyCall } from './open-any-call.js';
import { refuse } from './refuse.js';
import { respond } from './respond.js';
import type { Route } from './route.js';
import type { TellRoad } from './tell-road.js';

export interface StaircaseParts<Host> {
  readonly match: MatchOperation;
  readonly identify: IdentifyParts<Host>;
  readonly open: OpenAnyCallParts;
  readonly authorize: readonly Authorize<Host>[];
  readonly admission: Admission;
  readonly account: CallAccountDeps;
  readonly route: Route;
  readonly revocations: Revocations;
  readonly clock: Clock;
  /** What is told in headers of how a call was answered; mostly nothing. */
  readonly told: readonly TellRoad[];
  /** Seconds since the epoch at which the gateway was made: the `created` of its models. */
  readonly createdAt: number;
  /** Undefined once everything that must be loaded before the first call is there. */
  ready(): Promise<void> | undefined;
  /** The refusal of new calls while the gateway closes. */
  closing(): GatewayError | undefined;
  /** Failures that are bugs, of ours or of a hook. */
  reportInternal(failure: GatewayError, requestId: string): void;
}

/** The road of a call: match → identify → open → authorize → admit → route → respond. Never rejects. */
export function openStaircase<Host>(parts: StaircaseParts<Host>) {
  return async function handle(request: IncomingRequest<Host>): Promise<Reply | undefined> {
    const matched = parts.match(request.method, request.path, request.atRoot);
    if (matched === undefined) return undefined;
    const id = `req_${crypto.randomUUID()}`;
    let call: Call<Host, Operation> | undefined;
    let account: CallAccount | undefined;
    try {
      if (matched.kind === 'refused') throw matched.error;
      const closing = parts.closing();
      if (closing !== undefined) throw closing;
      const ready = parts.ready();
      if (ready !== undefined) await ready;

      const startedAt = parts.clock.now();
      const cancellation = new Cancellation();
      request.onClientGone(() => cancellation.cancel(new GatewayError('client_closed', 'The client left.')));
      const { turn } = parts.revocations;
      const caller = await identify(request, id, cancellation, parts.identify);
      if (matched.kind === 'models') return listModels(caller.principal, parts.open.table, parts.createdAt, id);
      if (matched.kind === 'model')
        return showModel(matched.id, caller.principal, parts.open.table, parts.createdAt, id);

      call = await openAnyCall(id, startedAt, matched, caller, request, cancellation, parts.open);
      if (parts.authorize.length > 0) await authorizeCall(call, request, parts.authorize, parts.identify);
      // Closing waits for calls that have begun; this one's record would come after the last flush.
      const closingNow = parts.closing();
      if (closingNow !== undefined) throw closingNow;
      const ticket = await parts.admission.admit(call);
      account = new CallAccount(call, ticket, parts.account);
      if (parts.revocations.turn !== turn && parts.revocations.revokedSince(call.principal.id, turn)) throw revoked();
      const answer = await answerOrEstimate(call, account, parts.route);
      if (answer.kind === 'own') account.close('ok', undefined);
      const cost = answer.kind === 'whole' || answer.kind === 'own' ? account.costNanoUsd : undefined;
      const metadata = isTold(request) ? answerMetadataOf(call, answer.attempt, cost, parts.clock.now()) : undefined;
      return respond(call, answer, ticket.headers, metadata, parts.told);
    } catch (error) {
      const failure = asGatewayError(error);
      if (failure.kind === 'internal') parts.reportInternal(failure, id);
      account?.close(failure.kind === 'client_closed' ? 'client_gone' : 'failed', failure);
      const metadata = call && isTold(request) ? answerMetadataOf(call, undefined, 0, parts.clock.now()) : undefined;
      return refuse(failure, id, spellingOf(matched), metadata, parts.told);
    }
  };

  function isTold(request: IncomingRequest<Host>): boolean {
    return parts.told.length > 0 || request.wantsMetadata === true;
  }
}

function spellingOf(matched: Matched) {
  if (matched.kind === 'upstream') return matched.errors;
  return 'operation' in matched ? matched.operation.errors : errorShape;
}
