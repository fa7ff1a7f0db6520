import type { Attempt, Call } from '../call.js';
import { asksForTier } from '../caller-choices.js';
import type { Clock } from '../clock.js';
import type { GatewayError } from '../errors.js';
import type { HeaderLookup } from '../transport.js';
import { totalInputTokens, totalOutputTokens, type Usage } from '../usage.js';
import { enterMinute } from './deployment-health.js';
import type { Health } from './health.js';
import type { Standing } from './standing.js';

/** Room that was reserved; to be settled once, whatever comes of it. */
export interface Hold {
  /** Undefined: nothing was used. */
  settle(usage: Usage | undefined): void;
}

/** A hundredth of a limit is too little to send a call there while there are others. */
const ALMOST_NOTHING = 100;

/**
 * One attempt from the side of its deployment: counts it while it is under way, and tells the deployment's health how it
 * went. Whoever ends it first ends it.
 */
export class Visit {
  readonly standing: Standing;
  readonly attempt: Attempt;
  readonly #hold: Hold | undefined;
  readonly #health: Health;
  readonly #clock: Clock;
  #over = false;

  constructor(standing: Standing, attempt: Attempt, hold: Hold | undefined, health: Health, clock: Clock) {
    this.standing = standing;
    this.attempt = attempt;
    this.#hold = hold;
    this.#health = health;
    this.#clock = clock;
    const now = attempt.startedAt;
    const own = standing.health;
    own.inFlight += 1;
    own.askedAt = now;
    enterMinute(own, now);
    own.requestsInMinute += 1;
    health.asked(own, now);
  }

  /** The head of an answer may tell how much room is left: one that is full is passed over before it refuses. */
  toldRoom(headers: HeaderLookup, call: Call): void {
    const { provider } = this.standing.deployment;
    // Alone it has to be asked all the same, and its vendor knows best when.
    if (provider.roomLeft === undefined || !this.standing.hasSiblings) return;
    const now = this.#clock.now();
    const { requests, tokens } = provider.roomLeft(headers, now);
    for (const room of [requests, tokens]) {
      if (room === undefined || room.left > (room.limit ?? 0) / ALMOST_NOTHING) continue;
      // The room of a tier that the caller chose is not the room of everybody.
      if (asksForTier(call, this.standing.deployment)) return;
      this.#health.full(this.standing.health, now + room.resetsInMs);
    }
  }

  /** The first content of a stream is here: the deployment works, whatever becomes of the rest. */
  opened(): void {
    const now = this.#clock.now();
    this.standing.health.firstContent.add(now - this.attempt.startedAt, now);
    this.#health.succeeded(this.standing.health);
  }

  /** All of the answer is here. */
  answered(usage: Usage): void {
    if (!this.#end(usage)) return;
    const now = this.#clock.now();
    const { attempt } = this;
    const { health } = this.standing;
    const output = totalOutputTokens(usage);
    if (attempt.firstContentAt === undefined) {
      health.whole.add(now - attempt.startedAt, now);
      this.#health.succeeded(health);
    } else if (output > 1) health.perToken.add((now - attempt.firstContentAt) / output, now);
  }

  /** It failed; `usage` where it had begun to answer. */
  failed(failure: GatewayError, usage?: Usage): void {
    if (!this.#end(usage)) return;
    const now = this.#clock.now();
    const { health } = this.standing;
    // Who lets people wait in vain is slow as well; who refuses at once is not.
    if (failure.kind === 'timeout' && failure.traits.cools !== 'never') {
      const times = this.attempt.firstContentAt === undefined ? health.firstContent : health.whole;
      times.add(now - this.attempt.startedAt, now);
    }
    this.#health.failed(health, failure);
  }

  /** Nobody wants the answer any more: that says nothing about the deployment. */
  abandoned(usage?: Usage): void {
    if (this.#end(usage)) this.#health.undecided(this.standing.health);
  }

  #end(usage: Usage | undefined): boolean {
    if (this.#over) return false;
    this.#over = true;
    const { health } = this.standing;
    health.inFlight -= 1;
    this.#hold?.settle(usage);
    if (usage !== undefined) {
      enterMinute(health, this.#clock.now());
      health.tokensInMinute += totalInputTokens(usage) + totalOutputTokens(usage);
    }
    return true;
  }
}
