import type { JsonObject, MaybePromise } from '../encoding/json.js';
import type { Page, PageQuery } from './key-store.js';

/**
 * What is to be delivered elsewhere. `UsageStore.append` puts messages in, in the transaction of the record they are
 * about; workers claim them, deliver them and say how it went. A message is delivered at least once: its `id` tells
 * repeats.
 */
export interface OutboxStore {
  /**
   * Takes messages that are due, oldest first, for `leaseMs`. Nobody else gets them in that time; a message of which
   * nothing is heard by then is due again.
   */
  claim(options: ClaimOptions): MaybePromise<readonly ClaimedMessage[]>;
  /** They are delivered, and forgotten. One whose lease has ended and that somebody else has claimed stays his. */
  done(messages: readonly ClaimedMessage[]): MaybePromise<void>;
  /** It could not be delivered: it is due again at `retryAt`, or parked. */
  failed(message: ClaimedMessage, failure: DeliveryFailure): MaybePromise<void>;
  /** Those that are parked, oldest first. */
  parked(query?: PageQuery): MaybePromise<Page<OutboxMessage>>;
  /** Makes parked messages due again; all of them without ids. Answers how many. */
  retry(ids?: readonly string[]): MaybePromise<number>;
  /** How many wait and how many are parked, and since when the oldest that waits is there, milliseconds since the epoch. */
  status(): MaybePromise<OutboxStatus>;
}

export interface OutboxMessage {
  /** Unique and stable: what the receiver tells repeats by. */
  readonly id: string;
  readonly topic: string;
  readonly recordId: string;
  readonly payload: Readonly<JsonObject>;
  /** How often it was claimed. */
  readonly attempts: number;
  readonly lastError: string | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

export interface ClaimedMessage extends OutboxMessage {
  /** Names this claim, so that a worker whose lease has ended cannot end the claim of another. */
  readonly claim: string;
}

export interface ClaimOptions {
  /** Only these; default all. */
  readonly topics?: readonly string[] | undefined;
  readonly limit: number;
  readonly leaseMs: number;
}

export interface DeliveryFailure {
  /** For people; at most 1,000 characters are kept. */
  readonly error: string;
  /** Milliseconds since the epoch; undefined parks it: nobody tries again until `retry`. */
  readonly retryAt: number | undefined;
}

export interface OutboxStatus {
  readonly waiting: number;
  readonly parked: number;
  readonly oldestAt: number | undefined;
}
