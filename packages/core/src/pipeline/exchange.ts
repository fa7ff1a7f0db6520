import type { Admission } from '../accounts/admission.js';
import { CallAccount, type CallAccountDeps } from '../accounts/call-account.js';
import type { Ticket } from '../accounts/reservation.js';
import type { Answer } from '../answer.js';
import type { AnswerMetadata } from '../answer-metadata.js';
import type { Call } from '../call.js';
import { Cancellation } from '../cancellation.js';
import type { Clock } from '../clock.js';
import type { MaybePromise } from '../encoding/json.js';
import type { Endpoint, Exchange, PathParams } from '../endpoints/endpoint.js';
import type { Matched } from '../endpoints/router.js';
import { errorFormat } from '../endpoints/shared/error-format.js';
import { asGatewayError, GatewayError } from '../errors.js';
import type { Refusal } from '../hooks/observer.js';
import type { Authorize } from '../hooks/policy.js';
import { type Caller, type IdentifyDeps, identify } from '../identity/identify.js';
import { type Revocations, revoked } from '../identity/revocations.js';
import type { IncomingRequest } from '../incoming-request.js';
import type { Operation } from '../operation.js';
import type { Principal } from '../principal.js';
import type { Reply } from '../reply.js';
import { answerMetadataOf } from './answer-metadata-of.js';
import { authorizeCall } from './authorize-call.js';
import type { FormatMetadata } from './metadata-headers.js';
import { refuse } from './refuse.js';
import { respond } from './respond.js';

export interface ExchangeDeps<Host> {
  readonly identify: IdentifyDeps<Host>;
  readonly authorize: readonly Authorize<Host>[];
  readonly admission: Admission;
  readonly account: CallAccountDeps;
  readonly revocations: Revocations;
  /** The principal with the rights that its accounts leave it; undefined if there are no accounts. */
  readonly restrict: ((principal: Principal) => MaybePromise<Principal>) | undefined;
  readonly clock: Clock;
  /** The headers with metadata about how a call was answered; usually none. */
  readonly metadataHeaders: readonly FormatMetadata[];
  /** Undefined once everything needed before the first call is loaded. */
  ready(): Promise<void> | undefined;
  /** The rejection of new calls while the gateway closes. */
  closing(): GatewayError | undefined;
  /** Failures that are bugs of the gateway or of a hook. */
  reportInternal(failure: GatewayError, requestId: string): void;
  /** A request was refused before it became an admitted call; undefined if nobody wants to know. */
  readonly reportRefused: ((refusal: Refusal, failure: GatewayError) => void) | undefined;
}

/** One request on its way through the gateway. A class, because every request creates one. */
export class CallExchange<Host> implements Exchange<Host> {
  readonly id = `req_${crypto.randomUUID()}`;
  readonly request: IncomingRequest<Host>;
  readonly params: PathParams;
  readonly cancellation = new Cancellation();
  startedAt = 0;
  /** Known once `begin` has resolved. */
  caller!: Caller;
  readonly #matched: Matched<Host>;
  readonly #deps: ExchangeDeps<Host>;
  /** How many revocations there had been when the caller was looked for. */
  #revocations = 0;
  #call: Call<Host, Operation> | undefined;
  #account: CallAccount | undefined;
  #ticket: Ticket | undefined;

  constructor(request: IncomingRequest<Host>, matched: Matched<Host>, deps: ExchangeDeps<Host>) {
    this.request = request;
    this.params = matched.endpoint === undefined ? NO_PARAMS : matched.params;
    this.#matched = matched;
    this.#deps = deps;
  }

  /** The endpoint that answers, once the gateway is ready and the caller is known. */
  async begin(): Promise<Endpoint<Host>> {
    const { clock, identify: identifyDeps, revocations } = this.#deps;
    if (this.#matched.endpoint === undefined) throw this.#matched.refusal;
    this.#requireOpen();
    const ready = this.#deps.ready();
    if (ready !== undefined) await ready;
    this.startedAt = clock.now();
    this.request.onClientGone(() => this.cancellation.cancel(clientGone()));
    this.#revocations = revocations.turn;
    this.caller = await identify(this.request, this.id, this.cancellation, identifyDeps);
    const { restrict } = this.#deps;
    if (restrict !== undefined) this.caller = { ...this.caller, principal: await restrict(this.caller.principal) };
    return this.#matched.endpoint;
  }

  async admit(call: Call<Host, Operation>): Promise<CallAccount> {
    const { authorize, admission, account, revocations, identify: identifyDeps } = this.#deps;
    this.#call = call;
    if (authorize.length > 0) await authorizeCall(call, this.request, authorize, identifyDeps);
    // Closing waits for calls that have begun; the record of this one would come after the last flush.
    this.#requireOpen();
    const ticket = await admission.admit(call);
    this.#ticket = ticket;
    this.#account = new CallAccount(call, ticket, account);
    if (revocations.turn !== this.#revocations && revocations.revokedSince(call.principal.id, this.#revocations)) {
      throw revoked();
    }
    return this.#account;
  }

  respond(answer: Answer): Reply {
    const [call, account, ticket] = [this.#call, this.#account, this.#ticket];
    if (call === undefined || account === undefined || ticket === undefined) {
      throw new TypeError('An endpoint must admit its call before it responds to it.');
    }
    if (answer.attempt !== undefined) account.choose(answer.attempt);
    else if (answer.kind === 'local') account.close('ok', undefined);
    const isWhole = answer.kind === 'whole' || answer.kind === 'local';
    const metadata = this.#metadata(answer.attempt, isWhole ? account.costNanoUsd : undefined);
    return respond(call, answer, ticket.headers, metadata, this.#deps.metadataHeaders);
  }

  /** The reply to a request that failed, wherever it did. */
  fail(error: unknown): Reply {
    const failure = asGatewayError(error);
    if (failure.kind === 'internal') this.#deps.reportInternal(failure, this.id);
    if (this.#account === undefined && failure.kind !== 'client_closed') this.#reportRefused(failure);
    this.#account?.close(failure.kind === 'client_closed' ? 'client_gone' : 'failed', failure);
    const errors = this.#matched.endpoint?.errors ?? errorFormat;
    const metadata = this.#metadata(undefined, 0);
    return refuse(failure, this.id, this.#call?.group.name, errors, metadata, this.#deps.metadataHeaders);
  }

  #requireOpen(): void {
    const closing = this.#deps.closing();
    if (closing !== undefined) throw closing;
  }

  #metadata(answered: Parameters<typeof answerMetadataOf>[1], cost: number | undefined): AnswerMetadata | undefined {
    const isWanted = this.#deps.metadataHeaders.length > 0 || this.request.wantsMetadata === true;
    if (!isWanted || this.#call === undefined) return undefined;
    return answerMetadataOf(this.#call, answered, cost, this.#deps.clock.now());
  }

  #reportRefused(failure: GatewayError): void {
    this.#deps.reportRefused?.(
      {
        id: this.id,
        operation: this.#matched.endpoint?.name,
        principal: (this.#call ?? (this.caller as Caller | undefined))?.principal,
        model: this.#call?.group.name,
        failure: failure.kind,
        status: failure.status,
        at: this.#deps.clock.now(),
      },
      failure,
    );
  }
}

const NO_PARAMS: PathParams = Object.freeze({});

function clientGone(): GatewayError {
  return new GatewayError('client_closed', 'The client disconnected.');
}
