import type { Admission } from '../accounts/admission.js';
import { CallAccount, type CallAccountDeps } from '../accounts/call-account.js';
import type { Call } from '../call.js';
import { Cancellation } from '../cancellation.js';
import type { Clock } from '../clock.js';
import { listModels, showModel } from '../endpoints/models.js';
import { type OpenAnyCallDeps, openAnyCall } from '../endpoints/open-any-call.js';
import type { Matched, MatchOperation } from '../endpoints/router.js';
import { errorFormat } from '../endpoints/shared/error-format.js';
import { asGatewayError, GatewayError } from '../errors.js';
import type { Refusal } from '../hooks/observer.js';
import type { Authorize } from '../hooks/policy.js';
import { type IdentifyDeps, identify } from '../identity/identify.js';
import { type Revocations, revoked } from '../identity/revocations.js';
import type { IncomingRequest } from '../incoming-request.js';
import type { Operation } from '../operation.js';
import type { Reply } from '../reply.js';
import { answerMetadataOf } from './answer-metadata-of.js';
import { authorizeCall } from './authorize-call.js';
import { answerOrCountLocally } from './count-tokens-locally.js';
import type { FormatMetadata } from './metadata-headers.js';
import { refuse } from './refuse.js';
import { respond } from './respond.js';
import type { Route } from './route.js';

export interface RequestHandlerDeps<Host> {
  readonly match: MatchOperation;
  readonly identify: IdentifyDeps<Host>;
  readonly open: OpenAnyCallDeps;
  readonly authorize: readonly Authorize<Host>[];
  readonly admission: Admission;
  readonly account: CallAccountDeps;
  readonly route: Route;
  readonly revocations: Revocations;
  readonly clock: Clock;
  /** The headers with metadata about how a call was answered; usually none. */
  readonly metadataHeaders: readonly FormatMetadata[];
  /** Seconds since the epoch at which the gateway was created: the `created` of its models. */
  readonly createdAt: number;
  /** Undefined once everything needed before the first call is loaded. */
  ready(): Promise<void> | undefined;
  /** The rejection of new calls while the gateway closes. */
  closing(): GatewayError | undefined;
  /** Failures that are bugs of the gateway or of a hook. */
  reportInternal(failure: GatewayError, requestId: string): void;
  /** A request was refused before it became an admitted call; undefined if nobody wants to know. */
  readonly reportRefused: ((refusal: Refusal, failure: GatewayError) => void) | undefined;
}

/** Handles a call: match → identify → open → authorize → admit → route → respond. Never rejects. */
export function createRequestHandler<Host>(deps: RequestHandlerDeps<Host>) {
  return async function handle(request: IncomingRequest<Host>): Promise<Reply | undefined> {
    const matched = deps.match(request.method, request.path, request.atRoot);
    if (matched === undefined) return undefined;
    const id = `req_${crypto.randomUUID()}`;
    let call: Call<Host, Operation> | undefined;
    let account: CallAccount | undefined;
    try {
      if (matched.kind === 'refused') throw matched.error;
      const closing = deps.closing();
      if (closing !== undefined) throw closing;
      const ready = deps.ready();
      if (ready !== undefined) await ready;

      const startedAt = deps.clock.now();
      const cancellation = new Cancellation();
      request.onClientGone(() => cancellation.cancel(new GatewayError('client_closed', 'The client disconnected.')));
      const { turn } = deps.revocations;
      const caller = await identify(request, id, cancellation, deps.identify);
      if (matched.kind === 'models') return listModels(caller.principal, deps.open.table, deps.createdAt, id);
      if (matched.kind === 'model') return showModel(matched.id, caller.principal, deps.open.table, deps.createdAt, id);

      call = await openAnyCall(id, startedAt, matched, caller, request, cancellation, deps.open);
      if (deps.authorize.length > 0) await authorizeCall(call, request, deps.authorize, deps.identify);
      // Closing waits for calls that have begun; the record of this one would come after the last flush.
      const closingNow = deps.closing();
      if (closingNow !== undefined) throw closingNow;
      const ticket = await deps.admission.admit(call);
      account = new CallAccount(call, ticket, deps.account);
      if (deps.revocations.turn !== turn && deps.revocations.revokedSince(call.principal.id, turn)) throw revoked();
      const answer = await answerOrCountLocally(call, account, deps.route);
      if (answer.kind === 'local') account.close('ok', undefined);
      const cost = answer.kind === 'whole' || answer.kind === 'local' ? account.costNanoUsd : undefined;
      const metadata = wantsMetadata(request)
        ? answerMetadataOf(call, answer.attempt, cost, deps.clock.now())
        : undefined;
      return respond(call, answer, ticket.headers, metadata, deps.metadataHeaders);
    } catch (error) {
      const failure = asGatewayError(error);
      if (failure.kind === 'internal') deps.reportInternal(failure, id);
      if (account === undefined && failure.kind !== 'client_closed') report(failure, id, matched, call);
      account?.close(failure.kind === 'client_closed' ? 'client_gone' : 'failed', failure);
      const metadata =
        call && wantsMetadata(request) ? answerMetadataOf(call, undefined, 0, deps.clock.now()) : undefined;
      return refuse(failure, id, call?.group.name, errorFormatOf(matched), metadata, deps.metadataHeaders);
    }
  };

  function report(failure: GatewayError, id: string, matched: Matched, call: Call<Host, Operation> | undefined): void {
    deps.reportRefused?.(
      {
        id,
        operation: call?.operation.name ?? ('operation' in matched ? matched.operation.name : undefined),
        principal: call?.principal,
        model: call?.group.name,
        failure: failure.kind,
        status: failure.status,
        at: deps.clock.now(),
      },
      failure,
    );
  }

  function wantsMetadata(request: IncomingRequest<Host>): boolean {
    return deps.metadataHeaders.length > 0 || request.wantsMetadata === true;
  }
}

function errorFormatOf(matched: Matched) {
  if (matched.kind === 'upstream') return matched.errors;
  return 'operation' in matched ? matched.operation.errors : errorFormat;
}
