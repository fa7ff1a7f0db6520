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
import type { CallSnapshot } from '../observer.js';
import type { StreamEnd } from '../upstream/answer-stream.js';
import type { Answer } from '../upstream/ask-deployment.js';
import { NO_USAGE, type Usage } from '../usage.js';
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
  readonly call: Call;
  slot = -1;
  readonly #ticket: Ticket;
  readonly #parts: MeterParts;
  readonly #snapshot: CallSnapshot | undefined;
  readonly #inContext: <T>(run: () => T) => T;
  #asked: Deployment | undefined;
  #over = false;

  constructor(call: Call, ticket: Ticket, parts: MeterParts) {
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

  /** A whole answer is here. */
  answered(answer: Answer & { kind: 'whole' }): void {
    const { operation } = this.call;
    const usage = operation.usageOf(answer.value) ?? this.estimate(operation.outputCharactersOf(answer.value));
    this.#attemptDone(undefined);
    this.#end('ok', undefined, usage, answer.deployment);
  }

  streamEnded(end: StreamEnd, deployment: Deployment): void {
    const usage = end.usage ?? this.estimate(end.producedCharacters);
    const skipped = end.malformedEvents;
    if (skipped > 0) {
      const events = skipped === 1 ? '1 event' : `${skipped} events`;
      this.call.warnings.push(
        `${events} of the upstream's stream could not be read and ${skipped === 1 ? 'was' : 'were'} skipped.`,
      );
    }
    this.#attemptDone(end.failure);
    this.#end(end.outcome, end.failure, usage, deployment);
  }

  /** The call failed, or the client left, before anything was sent. */
  failed(failure: GatewayError): void {
    const gone = failure.kind === 'client_closed';
    // Whoever was at work when the client left may bill the input; one that had refused does not.
    const wasAtWork = this.call.attempts.at(-1)?.failure === 'client_closed';
    const usage = gone && wasAtWork ? this.estimate(0) : NO_USAGE;
    this.#end(gone ? 'client_gone' : 'failed', failure, usage, this.#asked);
  }

  #attemptDone(failure: GatewayError | undefined): void {
    const attempt = this.call.attempts.at(-1);
    if (attempt === undefined) return;
    attempt.endedAt = this.#parts.clock.now();
    attempt.failure = failure?.kind;
    this.attemptEnded(attempt);
  }

  #end(outcome: Outcome, failure: GatewayError | undefined, usage: Usage, deployment: Deployment | undefined): void {
    if (this.#over) return;
    this.#over = true;
    const call = this.call;
    const sheet = deployment === undefined ? undefined : this.#parts.prices.sheetOf(deployment);
    const cost = usage === NO_USAGE ? 0 : sheet === undefined ? undefined : costOf(usage, sheet);
    this.#ticket.settle(usage, cost);
    this.#parts.open.remove(this);
    if (this.#parts.queue === undefined && this.#snapshot === undefined) return;
    const attempt = call.attempts.at(-1);
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
      usage,
      costNanoUsd: cost,
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
  }
}

function runDirectly<T>(run: () => T): T {
  return run();
}

function snapshotOf(call: Call): CallSnapshot {
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
