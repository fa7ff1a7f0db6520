import { estimateUsage } from '../accounting/estimate-usage.js';
import type { Observers } from '../accounting/notify-observers.js';
import type { UsageQueue } from '../accounting/usage-queue.js';
import type { Attempt, Call } from '../call.js';
import type { Clock } from '../clock.js';
import type { Deployment } from '../deployment.js';
import type { GatewayError } from '../errors.js';
import type { Ticket } from '../governance/admission.js';
import { costOf } from '../governance/cost.js';
import type { PriceBook } from '../governance/price-sheet.js';
import { isPromise, type MaybePromise } from '../json.js';
import type { CallSnapshot } from '../observer.js';
import type { Operation } from '../operation.js';
import type { StreamEnd } from '../upstream/answer-stream.js';
import type { Answer } from '../upstream/ask-deployment.js';
import type { BytesEnd } from '../upstream/byte-stream.js';
import { NO_USAGE, sumOfUsage, type Usage } from '../usage.js';
import type { Outcome, UsageRecord } from '../usage-record.js';
import type { OpenCall, OpenCalls } from './open-calls.js';

export interface MeterParts {
  readonly clock: Clock;
  readonly prices: PriceBook;
  readonly observers: Observers;
  /** Undefined if no sink wants records. */
  readonly queue: UsageQueue | undefined;
  /** Keeps the host's async context for hooks that run when the call has ended. */
  readonly captureContext: (() => <T>(run: () => T) => T) | undefined;
  readonly open: OpenCalls;
  /** Told in which context the record's call ran, before the record goes anywhere; undefined where nobody asks. */
  readonly rememberContext: ((record: UsageRecord, inContext: <T>(run: () => T) => T) => void) | undefined;
}

/** The account of one admitted call: settles its ticket and writes its usage record, once, whatever its end was. */
export class Meter implements OpenCall {
  readonly call: Call<unknown, Operation>;
  slot = -1;
  readonly #ticket: Ticket;
  readonly #parts: MeterParts;
  readonly #snapshot: CallSnapshot | undefined;
  readonly #inContext: <T>(run: () => T) => T;
  #asked: Deployment | undefined;
  /** What attempts took that did not become the answer. */
  #beside: Usage = NO_USAGE;
  #besideNanoUsd: number | undefined = 0;
  /** Room that was reserved for such attempts, and by the nodes on the way. */
  readonly #extra: ExtraHold[] = [];
  readonly #kept: KeptHold[] = [];
  #read: { readonly answer: Answer; readonly usage: Usage } | undefined;
  #over = false;

  constructor(call: Call<unknown, Operation>, ticket: Ticket, parts: MeterParts) {
    this.call = call;
    this.#ticket = ticket;
    this.#parts = parts;
    this.#inContext = parts.captureContext?.() ?? runDirectly;
    if (parts.observers.any) {
      this.#snapshot = snapshotOf(call);
      parts.observers.callStarted(this.#snapshot);
    }
    parts.open.add(this);
  }

  /** What a client that asked for usage is told where the vendor said nothing. */
  estimate(producedCharacters: number): Usage {
    return estimateUsage(this.call.demand, producedCharacters);
  }

  /** A deployment is about to be asked. */
  asking(deployment: Deployment): void {
    this.#asked = deployment;
  }

  attemptEnded(attempt: Attempt): void {
    const snapshot = this.#snapshot;
    if (snapshot !== undefined) this.#inContext(() => this.#parts.observers.attemptEnded(snapshot, attempt));
  }

  /** What a whole answer used. */
  usageOfWhole(answer: Answer & { kind: 'whole' }): Usage {
    // Asked twice of most answers, by the deployment's account and by the caller's.
    if (this.#read?.answer !== answer) {
      const { operation } = this.call;
      const usage = operation.usageOf(answer.value) ?? this.estimate(operation.outputCharactersOf(answer.value));
      this.#read = { answer, usage };
    }
    return this.#read.usage;
  }

  /** What a stream used until it ended. */
  usageOf(end: StreamEnd): Usage {
    return end.usage ?? this.estimate(end.producedCharacters);
  }

  /** A whole answer is here. Answers what the call cost; undefined where nobody knows. */
  answered(answer: Answer & { kind: 'whole' }): number | undefined {
    this.#attemptDone(answer.attempt, undefined);
    return this.#end('ok', undefined, this.usageOfWhole(answer), answer.deployment, answer.attempt);
  }

  /** The gateway answered by itself, which costs nothing. */
  answeredHere(): number | undefined {
    return this.#end('ok', undefined, NO_USAGE, undefined, undefined);
  }

  streamEnded(end: StreamEnd, deployment: Deployment, attempt: Attempt): void {
    const skipped = end.malformedEvents;
    if (skipped > 0) {
      const events = skipped === 1 ? '1 event' : `${skipped} events`;
      this.call.warnings.push(
        `${events} of the upstream's stream could not be read and ${skipped === 1 ? 'was' : 'were'} skipped.`,
      );
    }
    this.#attemptDone(attempt, end.failure);
    this.#end(end.outcome, end.failure, this.usageOf(end), deployment, attempt);
  }

  /** Bytes were handed on, or some of them. What those were worth only their price or their own words tell. */
  bytesEnded({ outcome, failure, told }: BytesEnd, deployment: Deployment, attempt: Attempt): void {
    this.#attemptDone(attempt, failure);
    const need = this.call.errand?.need;
    if (need === undefined) {
      this.#end(outcome, failure, NO_USAGE, deployment, attempt);
      return;
    }
    const { model, baseModel } = deployment;
    const isPriced = told?.model === model || told?.model?.startsWith(baseModel) === true;
    const price = need.costNanoUsd ?? (isPriced ? undefined : 'unknown');
    this.#end(outcome, failure, told?.usage ?? UNTOLD, deployment, attempt, price);
  }

  /** A conversation is over that was charged as it went. */
  conversationEnded(
    outcome: Outcome,
    failure: GatewayError | undefined,
    usage: Usage,
    costNanoUsd: number | undefined,
    deployment: Deployment,
    attempt: Attempt,
  ): void {
    this.#attemptDone(attempt, failure);
    this.#ticket.settle(undefined, undefined);
    this.#end(outcome, failure, usage, deployment, attempt, costNanoUsd ?? 'unknown');
  }

  /** The call failed, or the client left, before anything was sent. */
  failed(failure: GatewayError): void {
    const gone = failure.kind === 'client_closed';
    const attempt = this.call.attempts.at(-1);
    // Whoever was at work when the client left may bill the input; one that had refused does not.
    const usage = gone && attempt?.failure === 'client_closed' ? this.estimate(0) : NO_USAGE;
    this.#end(gone ? 'client_gone' : 'failed', failure, usage, this.#asked, attempt);
  }

  /** Asks the caller's limits for room for an attempt beside the one under way. */
  mayAskTwice(): MaybePromise<boolean> {
    const take = (hold: ExtraHold | undefined): boolean => {
      if (hold === undefined) return false;
      // The call may have ended while the store was asked.
      if (this.#over) hold.settle(undefined, undefined);
      else this.#extra.push(hold);
      return true;
    };
    const hold = this.#ticket.again();
    return isPromise(hold) ? hold.then(take) : take(hold);
  }

  /**
   * An attempt was aborted, or came too late, because another one was faster. Answers what it may be billed with: its
   * input, where it had not said more.
   */
  superseded(attempt: Attempt, deployment: Deployment, usage: Usage = this.estimate(0)): Usage {
    attempt.endedAt = this.#parts.clock.now();
    attempt.failure = 'superseded';
    this.#addBeside(usage, deployment);
    return usage;
  }

  /** An attempt broke off in the middle of its answer, and another one has taken it up. */
  takenUp(attempt: Attempt, deployment: Deployment, end: StreamEnd): void {
    this.#attemptDone(attempt, end.failure);
    this.call.warnings.push(
      `The answer of "${deployment.id}" broke off (${end.failure?.kind}) and was taken up by another.`,
    );
    this.#addBeside(this.usageOf(end), deployment);
  }

  /** Paid for besides the answer itself. */
  #addBeside(usage: Usage, deployment: Deployment): void {
    const cost = this.#costOf(usage, deployment);
    this.#beside = sumOfUsage(this.#beside, usage);
    this.#besideNanoUsd = sumOfCosts(this.#besideNanoUsd, cost);
    this.#extra.pop()?.settle(usage, cost);
  }

  /** Room that a node on the way holds until the call has ended. */
  keep(hold: KeptHold): void {
    this.#kept.push(hold);
  }

  #costOf(usage: Usage, deployment: Deployment | undefined): number | undefined {
    if (usage === NO_USAGE) return 0;
    const sheet = deployment && this.#parts.prices.sheetOf(deployment);
    return sheet && costOf(usage, sheet);
  }

  #attemptDone(attempt: Attempt, failure: GatewayError | undefined): void {
    attempt.endedAt = this.#parts.clock.now();
    attempt.failure = failure?.kind;
    this.attemptEnded(attempt);
  }

  /** `price` in place of what the usage costs by the deployment's sheet. */
  #end(
    outcome: Outcome,
    failure: GatewayError | undefined,
    answered: Usage,
    deployment: Deployment | undefined,
    attempt: Attempt | undefined,
    price?: number | 'unknown',
  ): number | undefined {
    if (this.#over) return undefined;
    this.#over = true;
    const call = this.call;
    const sheet = deployment && this.#parts.prices.sheetOf(deployment);
    const cost = price === 'unknown' ? undefined : (price ?? this.#costOf(answered, deployment));
    // What was taken beside has been settled on its own.
    this.#ticket.settle(answered, cost);
    for (const hold of this.#extra) hold.settle(undefined, undefined);
    for (const hold of this.#kept) hold.settle(answered);
    this.#parts.open.remove(this);
    const total = sumOfCosts(cost, this.#besideNanoUsd);
    if (this.#parts.queue === undefined && this.#snapshot === undefined) return total;
    const record: UsageRecord = {
      id: call.id,
      operation: call.operation.name,
      principal: call.principal,
      via: call.via,
      requestedModel: call.group.name,
      deployment: attempt?.deployment,
      provider: attempt?.provider,
      model: attempt?.model,
      stream: call.demand.stream,
      outcome,
      failure: failure?.kind,
      usage: this.#beside === NO_USAGE ? answered : sumOfUsage(answered, this.#beside),
      costNanoUsd: total,
      priceVersion: sheet?.version,
      startedAt: call.startedAt,
      firstContentAt: attempt?.firstContentAt,
      endedAt: this.#parts.clock.now(),
      attempts: call.attempts,
      warnings: call.warnings,
    };
    this.#parts.rememberContext?.(record, this.#inContext);
    this.#parts.queue?.push(record);
    if (this.#snapshot !== undefined) this.#inContext(() => this.#parts.observers.callEnded(record));
    return total;
  }
}

/** Something was consumed, and nobody said how much. */
const UNTOLD: Usage = { ...NO_USAGE, estimated: true };

/** Room for an attempt beside another. */
type ExtraHold = Pick<Ticket, 'settle'>;

interface KeptHold {
  settle(usage: Usage | undefined): void;
}

/** A sum of which one part is unknown is unknown. */
function sumOfCosts(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one + other;
}

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
    stream: call.demand.stream,
    startedAt: call.startedAt,
  };
}
