import type { AttemptEnd, AttemptObserver, AttemptResult, Reservation } from '../attempt-account.js';
import type { Attempt, Call } from '../call.js';
import type { Clock } from '../clock.js';
import type { CallLog } from '../delivery/call-log.js';
import type { Observers } from '../delivery/notify-observers.js';
import type { UsageQueue } from '../delivery/usage-queue.js';
import type { Deployment } from '../deployment.js';
import { isPromise, type JsonObject, type MaybePromise } from '../encoding/json.js';
import { GatewayError, superseded } from '../errors.js';
import type { CallSnapshot } from '../hooks/observer.js';
import type { Operation } from '../operation.js';
import type { PriceSheet } from '../usage/price.js';
import { NO_USAGE, sumOfUsage, type Usage } from '../usage/usage.js';
import type { Outcome, UsageRecord } from '../usage/usage-record.js';
import { CallAttempt } from './attempt-account.js';
import { estimateUsage } from './estimate-usage.js';
import type { OpenCall, OpenCalls } from './open-calls.js';
import { scopesOfRecordedCall } from './scopes-of-call.js';

export interface CallAccountDeps {
  readonly clock: Clock;
  /** The price of a deployment; undefined where it is not known. */
  sheetOf(deployment: Deployment): PriceSheet | undefined;
  costOf(usage: Usage, sheet: PriceSheet): number | undefined;
  readonly observers: Observers;
  /** Undefined if no sink wants records. */
  readonly queue: UsageQueue | undefined;
  /** Undefined without a logger. */
  readonly log: CallLog | undefined;
  /** Keeps the host's async context for hooks that run when the call has ended. */
  readonly captureContext: (() => <T>(run: () => T) => T) | undefined;
  readonly open: OpenCalls;
  /** Called with the context of the record's call before the record goes anywhere; undefined where nobody asks. */
  readonly rememberContext: ((record: UsageRecord, inContext: <T>(run: () => T) => T) => void) | undefined;
}

/** What is reserved for a call under the limits of its caller. */
export interface CallReservation {
  settle(usage: Usage | undefined, costNanoUsd: number | undefined): void;
  /** Reserves once more what a second attempt may cost; undefined if there is no room. */
  reserveMore(): MaybePromise<Pick<CallReservation, 'settle'> | undefined>;
}

/**
 * The account of one admitted call: all it reserved, all its attempts used, one record. It is closed exactly once: by the
 * end of the attempt that was chosen as its answer, or by `close`. No other attempt can close it.
 */
export class CallAccount implements OpenCall {
  readonly call: Call<unknown, Operation>;
  slot = -1;
  readonly #reservation: CallReservation;
  readonly #deps: CallAccountDeps;
  readonly #snapshot: CallSnapshot | undefined;
  readonly #inContext: <T>(run: () => T) => T;
  readonly #attempts: CallAttempt[] = [];
  /** Reserved for attempts beside the first, and not yet settled with one of them. */
  readonly #extra: Pick<CallReservation, 'settle'>[] = [];
  #chosen: CallAttempt | undefined;
  /** The attempt whose answer the client gets; it may have broken off. */
  #answer: CallAttempt | undefined;
  #continuations: Map<CallAttempt, CallAttempt | GatewayError> | undefined;
  #isClosed = false;
  #costNanoUsd: number | undefined = 0;

  constructor(call: Call<unknown, Operation>, reservation: CallReservation, deps: CallAccountDeps) {
    this.call = call;
    this.#reservation = reservation;
    this.#deps = deps;
    this.#inContext = deps.captureContext?.() ?? runDirectly;
    if (deps.observers.any) {
      this.#snapshot = snapshotOf(call);
      deps.observers.callStarted(this.#snapshot);
    }
    deps.open.add(this);
  }

  /** What all of it cost, once it is closed; undefined where that is not known. */
  get costNanoUsd(): number | undefined {
    return this.#costNanoUsd;
  }

  now(): number {
    return this.#deps.clock.now();
  }

  /** What has been used by estimate, when the answer has this many characters. `asked` is a part of the call. */
  estimate(producedCharacters: number, asked = this.call): Usage {
    return estimateUsage(asked.summary, producedCharacters);
  }

  /** What a whole answer used. `asked` is a part of the call. */
  usageOfAnswer(answer: JsonObject, asked = this.call): Usage {
    const { operation } = asked;
    return operation.usageOf(answer) ?? this.estimate(operation.outputCharactersOf(answer), asked);
  }

  /** Begins an upstream request. `reservation` is settled when it ends; `observer` is told how it goes. */
  beginAttempt(
    deployment: Deployment,
    group: string,
    observer?: AttemptObserver,
    reservation?: Reservation,
  ): CallAttempt {
    const record: Attempt = {
      group,
      deployment: deployment.id,
      provider: deployment.provider.name,
      model: deployment.model,
      startedAt: this.now(),
      endedAt: undefined,
      firstContentAt: undefined,
      status: undefined,
      upstreamRequestId: undefined,
      failure: undefined,
    };
    const attempt = new CallAttempt(this, record, deployment, observer, reservation);
    this.#attempts.push(attempt);
    this.call.attempts.push(record);
    const snapshot = this.#snapshot;
    if (snapshot !== undefined) this.#inContext(() => this.#deps.observers.attemptStarted(snapshot, record));
    return attempt;
  }

  /**
   * Makes an attempt the answer of the call: its end closes the account. One that is complete closes it now; of one that broke off,
   * whoever continues it is the answer.
   */
  choose(record: Attempt): void {
    const attempt = this.#attemptOf(record);
    if (attempt === undefined || this.#isClosed) return;
    this.#answer = attempt;
    const next = this.#continuations?.get(attempt);
    if (next instanceof CallAttempt) this.choose(next.record);
    else if (next !== undefined) this.close('incomplete', next, record);
    else if (attempt.ending?.result !== 'resumed') {
      this.#chosen = attempt;
      if (attempt.ending !== undefined) this.#closeWith(attempt, attempt.ending);
    }
  }

  /** An answer that broke off is continued by another attempt, or by none: then it failed. */
  continued(broken: Attempt, by: Attempt | GatewayError): void {
    const attempt = this.#attemptOf(broken);
    const next = by instanceof GatewayError ? by : this.#attemptOf(by);
    if (attempt === undefined || next === undefined) return;
    this.#continuations ??= new Map();
    this.#continuations.set(attempt, next);
    if (this.#answer === attempt) this.choose(broken);
  }

  /** An answer came when another one had been chosen already. */
  lost(record: Attempt, failure: GatewayError): void {
    this.#attemptOf(record)?.end({ result: 'superseded', failure });
  }

  /** Holds the reservation of a route node until the attempt that answered below it has ended. */
  holdFor(record: Attempt, reservation: Reservation): void {
    const attempt = this.#attemptOf(record);
    if (attempt === undefined) reservation.settle(undefined);
    else attempt.hold(reservation);
  }

  /** Reserves what an attempt beside the one under way may cost; false if the caller's limits have no room for it. */
  reserveExtra(): MaybePromise<boolean> {
    const take = (extra: Pick<CallReservation, 'settle'> | undefined): boolean => {
      if (extra === undefined) return false;
      // The call may have ended while the store was asked.
      if (this.#isClosed) extra.settle(undefined, undefined);
      else this.#extra.push(extra);
      return !this.#isClosed;
    };
    const extra = this.#reservation.reserveMore();
    return isPromise(extra) ? extra.then(take) : take(extra);
  }

  /**
   * Ends the call without a complete answer of an upstream: it failed, the client disconnected, or the gateway answered by itself.
   * `last` is the attempt that the record names; default: the latest.
   */
  close(outcome: Outcome, failure: GatewayError | undefined, last?: Attempt): void {
    this.#finish(outcome, failure, last === undefined ? this.#attempts.at(-1) : this.#attemptOf(last));
  }

  // What attempts say.

  attemptHasContent({ record }: CallAttempt): void {
    const snapshot = this.#snapshot;
    if (snapshot !== undefined) this.#inContext(() => this.#deps.observers.firstContent(snapshot, record));
  }

  attemptEnded(attempt: CallAttempt, end: AttemptEnd): void {
    const snapshot = this.#snapshot;
    if (snapshot !== undefined) this.#inContext(() => this.#deps.observers.attemptEnded(snapshot, attempt.record));
    if (end.failure !== undefined && end.result !== 'client_gone') {
      this.#deps.log?.attemptFailed(this.call.id, attempt.record, end.failure);
    }
    if (attempt === this.#chosen) {
      if (end.result === 'resumed') this.#chosen = undefined;
      else this.#closeWith(attempt, end);
    } else if (end.result === 'superseded') this.attemptLost(attempt, end);
  }

  /** It is billed, and nobody gets its answer: what was reserved for a second attempt pays for it at once. */
  attemptLost(attempt: CallAttempt, end: AttemptEnd): void {
    const extra = this.#isClosed ? undefined : this.#extra.pop();
    if (extra === undefined) return;
    extra.settle(end.usage, this.#costOf(attempt, end));
    attempt.isPaid = true;
  }

  #attemptOf(record: Attempt): CallAttempt | undefined {
    return this.#attempts.findLast((attempt) => attempt.record === record);
  }

  #closeWith(attempt: CallAttempt, end: AttemptEnd): void {
    this.#finish(OUTCOMES[end.result], end.failure, attempt);
  }

  #costOf({ deployment }: CallAttempt, { usage, costNanoUsd }: AttemptEnd): number | undefined {
    if (costNanoUsd !== undefined) return costNanoUsd === 'unknown' ? undefined : costNanoUsd;
    if (usage === undefined || usage === NO_USAGE) return 0;
    const sheet = this.#deps.sheetOf(deployment);
    return sheet && this.#deps.costOf(usage, sheet);
  }

  /** `answered` is who answered, or who was asked last. */
  #finish(outcome: Outcome, failure: GatewayError | undefined, answered: CallAttempt | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // Whoever still runs has lost: nobody reads its answer.
    for (const attempt of this.#attempts) {
      if (attempt.hasEnded) continue;
      if (failure === undefined) attempt.end({ result: 'superseded', failure: superseded() });
      else attempt.end({ result: 'client_gone', failure });
    }
    const used = this.#total(() => true);
    this.#settle();
    for (const extra of this.#extra) extra.settle(undefined, undefined);
    this.#deps.open.remove(this);
    this.#costNanoUsd = used.costNanoUsd;
    this.#write(outcome, failure, answered, used);
  }

  /** The call's own reservation pays for all that no other one has paid for. */
  #settle(): void {
    const rest = this.#total(({ isPaid, ending }) => !isPaid && ending?.isCharged !== true);
    this.#reservation.settle(rest.usage, rest.costNanoUsd);
  }

  /** A sum of which one part is unknown is unknown. */
  #total(counts: (attempt: CallAttempt) => boolean): Total {
    let usage: Usage = NO_USAGE;
    let costNanoUsd: number | undefined = 0;
    for (const attempt of this.#attempts) {
      const { ending } = attempt;
      if (ending === undefined || !counts(attempt)) continue;
      const cost = this.#costOf(attempt, ending);
      costNanoUsd = costNanoUsd === undefined || cost === undefined ? undefined : costNanoUsd + cost;
      if (ending.usage !== undefined) usage = usage === NO_USAGE ? ending.usage : sumOfUsage(usage, ending.usage);
    }
    return { usage, costNanoUsd };
  }

  #write(outcome: Outcome, failure: GatewayError | undefined, answered: CallAttempt | undefined, used: Total): void {
    const { call } = this;
    const { queue, observers, rememberContext } = this.#deps;
    if (queue === undefined && this.#snapshot === undefined) return;
    const attempt = answered?.record;
    const record: UsageRecord = {
      id: call.id,
      operation: call.operation.name,
      principal: call.principal,
      via: call.via,
      requestedModel: call.group.name,
      deployment: attempt?.deployment,
      provider: attempt?.provider,
      model: attempt?.model,
      stream: call.summary.stream,
      outcome,
      failure: failure?.kind,
      ...(failure !== undefined && { errorCode: failure.code }),
      ...(call.tags.length > 0 && { tags: call.tags }),
      ...(call.accounts.length > 0 && { scopes: scopesOfRecordedCall(call) }),
      usage: used.usage,
      costNanoUsd: used.costNanoUsd,
      priceVersion: answered && this.#deps.sheetOf(answered.deployment)?.version,
      startedAt: call.startedAt,
      firstContentAt: attempt?.firstContentAt,
      endedAt: this.now(),
      attempts: call.attempts.slice(),
      warnings: call.warnings.list(),
    };
    rememberContext?.(record, this.#inContext);
    queue?.push(record);
    if (this.#snapshot !== undefined) this.#inContext(() => observers.callEnded(record));
  }
}

interface Total {
  readonly usage: Usage;
  readonly costNanoUsd: number | undefined;
}

/** How a call ended whose answer ended so. */
const OUTCOMES: Readonly<Record<AttemptResult, Outcome>> = {
  ok: 'ok',
  failed: 'failed',
  incomplete: 'incomplete',
  client_gone: 'client_gone',
  // Neither of the two is an end of the answer: `attemptEnded` sorts them out.
  resumed: 'incomplete',
  superseded: 'client_gone',
};

function runDirectly<T>(run: () => T): T {
  return run();
}

function snapshotOf(call: Call<unknown, Operation>): CallSnapshot {
  return {
    id: call.id,
    operation: call.operation.name,
    principal: call.principal,
    via: call.via,
    model: call.group.name,
    stream: call.summary.stream,
    startedAt: call.startedAt,
  };
}
