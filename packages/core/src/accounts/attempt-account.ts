import type { AttemptAccount, AttemptEnd, AttemptObserver, Reservation } from '../attempt-account.js';
import type { Attempt } from '../call.js';
import type { Deployment } from '../deployment.js';
import type { HeaderLookup } from '../transport.js';
import type { Usage } from '../usage/usage.js';
import type { CallAccount } from './call-account.js';

/** The account of one upstream request of a call. It can end itself and nothing else: see decision 0009. */
export class CallAttempt implements AttemptAccount {
  readonly record: Attempt;
  readonly deployment: Deployment;
  /** What it used was settled with a reservation of its own. */
  isPaid = false;
  readonly #call: CallAccount;
  readonly #observer: AttemptObserver | undefined;
  readonly #reservations: Reservation[];
  #measure: (() => Usage) | undefined;
  #end: AttemptEnd | undefined;

  constructor(
    call: CallAccount,
    record: Attempt,
    deployment: Deployment,
    observer: AttemptObserver | undefined,
    reservation: Reservation | undefined,
  ) {
    this.#call = call;
    this.record = record;
    this.deployment = deployment;
    this.#observer = observer;
    this.#reservations = reservation === undefined ? [] : [reservation];
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** How it ended; undefined while it runs. */
  get ending(): AttemptEnd | undefined {
    return this.#end;
  }

  headArrived(headers: HeaderLookup): void {
    this.#observer?.headArrived(headers);
  }

  firstContent(): void {
    this.#observer?.firstContent();
    this.#call.attemptHasContent(this);
  }

  measureBy(usage: () => Usage): void {
    this.#measure = usage;
  }

  /** Holds a reservation until the attempt has ended; one that has ended settles it at once. */
  hold(reservation: Reservation): void {
    if (this.#end === undefined) this.#reservations.push(reservation);
    else reservation.settle(this.#end.usage);
  }

  end(given: AttemptEnd): void {
    if (this.#end !== undefined) {
      // Complete before the other, and not chosen all the same: it is billed, and the record says why there are two.
      if (given.result === 'superseded' && this.#end.result === 'ok') this.#lose(this.#end);
      return;
    }
    const isBilled = given.usage === undefined && mayBeBilled(given, this.record, this.#measure !== undefined);
    const end = isBilled ? { ...given, usage: this.#used() } : given;
    this.#end = end;
    const { record } = this;
    record.endedAt = this.#call.now();
    record.failure = end.failure?.kind;
    for (const reservation of this.#reservations) reservation.settle(end.usage);
    this.#observer?.ended(end);
    this.#call.attemptEnded(this, end);
  }

  /** What an attempt that is broken off may be billed with: what it told, else its input. */
  #used(): Usage {
    return this.#measure?.() ?? this.#call.estimate(0);
  }

  #lose(end: AttemptEnd): void {
    this.#end = { ...end, result: 'superseded' };
    this.record.failure = 'superseded';
    this.#call.attemptLost(this, this.#end);
  }
}

/**
 * It was at work when it was broken off. One that ran into a deadline is not billed, nor is one that refused, even if the
 * reason it gives was still on its way. An answer that was here is billed, whoever ended the call: also a revocation.
 */
function mayBeBilled({ result, failure }: AttemptEnd, attempt: Readonly<Attempt>, hasAnswered: boolean): boolean {
  const { status, firstContentAt } = attempt;
  if (status !== undefined && status >= 300) return false;
  // Content that was held back here was made all the same.
  if (result === 'superseded' || (result === 'failed' && firstContentAt !== undefined)) return true;
  return result === 'client_gone' && (hasAnswered || failure?.kind === 'client_closed');
}
