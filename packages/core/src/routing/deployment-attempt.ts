import type { AttemptEnd, AttemptObserver } from '../attempt-account.js';
import type { Call } from '../call.js';
import type { Clock } from '../clock.js';
import type { GatewayError } from '../errors.js';
import { asksForTier } from '../routes/caller-choices.js';
import type { HeaderLookup } from '../transport.js';
import { totalInputTokens, totalOutputTokens, type Usage } from '../usage/usage.js';
import { enterMinute } from './deployment-health.js';
import type { DeploymentState } from './deployment-state.js';
import type { Health } from './health.js';

/** With less than a hundredth of a limit left, other deployments are preferred. */
const ALMOST_NOTHING = 100;

/** What the state of a deployment learns from one attempt: it is counted while it is under way, then how it went. */
export class DeploymentAttempt implements AttemptObserver {
  readonly #state: DeploymentState;
  readonly #call: Call;
  readonly #health: Health;
  readonly #clock: Clock;
  readonly #startedAt: number;
  #firstContentAt: number | undefined;

  constructor(state: DeploymentState, call: Call, health: Health, clock: Clock) {
    this.#state = state;
    this.#call = call;
    this.#health = health;
    this.#clock = clock;
    const now = clock.now();
    this.#startedAt = now;
    const own = state.health;
    own.inFlight += 1;
    own.askedAt = now;
    enterMinute(own, now);
    own.requestsInMinute += 1;
    health.asked(own, now);
  }

  /** The head of an answer may say how much room is left: a deployment that is full is passed over before it refuses. */
  headArrived(headers: HeaderLookup): void {
    const { provider } = this.#state.deployment;
    // If it is the only one it must be used anyway, and its vendor knows best when.
    if (provider.roomLeft === undefined || !this.#state.hasAlternatives) return;
    const now = this.#clock.now();
    const { requests, tokens } = provider.roomLeft(headers, now);
    for (const room of [requests, tokens]) {
      if (room === undefined || room.left > (room.limit ?? 0) / ALMOST_NOTHING) continue;
      // The room of a tier that the caller chose is not the room of everybody.
      if (asksForTier(this.#call, this.#state.deployment)) return;
      this.#health.full(this.#state.health, now + room.resetsInMs);
    }
  }

  /** The deployment works, whatever becomes of the rest of the stream. */
  firstContent(): void {
    const now = this.#clock.now();
    this.#firstContentAt = now;
    this.#state.health.firstContent.add(now - this.#startedAt, now);
    this.#health.succeeded(this.#state.health);
  }

  ended({ result, usage, failure, isInconclusive }: AttemptEnd): void {
    this.#count(usage);
    if (isInconclusive || result === 'client_gone' || result === 'superseded')
      this.#health.undecided(this.#state.health);
    else if (result === 'ok') this.#answered(usage);
    else if (failure !== undefined) this.#failed(failure);
  }

  #count(usage: Usage | undefined): void {
    const { health } = this.#state;
    health.inFlight -= 1;
    if (usage === undefined) return;
    enterMinute(health, this.#clock.now());
    health.tokensInMinute += totalInputTokens(usage) + totalOutputTokens(usage);
  }

  #answered(usage: Usage | undefined): void {
    const now = this.#clock.now();
    const { health } = this.#state;
    const output = usage === undefined ? 0 : totalOutputTokens(usage);
    if (this.#firstContentAt === undefined) {
      health.whole.add(now - this.#startedAt, now);
      this.#health.succeeded(health);
    } else if (output > 1) health.perToken.add((now - this.#firstContentAt) / output, now);
  }

  #failed(failure: GatewayError): void {
    const now = this.#clock.now();
    // A deployment that lets people wait for nothing is slow as well; one that refuses at once is not.
    if (failure.kind === 'timeout' && failure.traits.cooldown !== 'never') {
      const times = this.#firstContentAt === undefined ? this.#state.health.firstContent : this.#state.health.whole;
      times.add(now - this.#startedAt, now);
    }
    this.#health.failed(this.#state.health, failure);
  }
}
