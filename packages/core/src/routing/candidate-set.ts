import type { DeploymentState } from './deployment-state.js';
import type { Health } from './health.js';
import type { Selector } from './strategies/selector.js';

/**
 * The deployments of a pool that can serve one class of calls. The available ones are kept in a list: a deployment in
 * cooldown is removed and added again when its time has come, so that choosing needs no checks.
 */
export class CandidateSet {
  readonly states: readonly DeploymentState[];
  readonly #health: Health;
  readonly #select: Selector;
  #open: readonly DeploymentState[] = [];
  /** Those of them that are tried first. */
  #tier: readonly DeploymentState[] = [];
  #epoch = -1;
  #madeAt = 0;
  /** When the first of those in cooldown becomes available. */
  #until = 0;

  constructor(states: readonly DeploymentState[], select: Selector, health: Health) {
    this.states = states;
    this.#select = select;
    this.#health = health;
  }

  /** The next available deployment that has not `failed`; undefined if there is none. */
  choose(
    now: number,
    call: SelectionInput,
    failed?: { has(state: DeploymentState): boolean },
  ): DeploymentState | undefined {
    let tier = this.#openAt(now);
    if (failed !== undefined) tier = firstTier(this.#open.filter((state) => !failed.has(state)));
    return tier.length < 2 ? tier[0] : this.#select(tier, call, now);
  }

  /** When the first one is available, milliseconds since the epoch; 0 if one is now. */
  returnsAt(now: number): number {
    if (this.#openAt(now).length > 0) return 0;
    let first = Number.POSITIVE_INFINITY;
    for (const state of this.states) first = Math.min(first, this.#health.returnsAt(state.health, now));
    return first;
  }

  /** The first tier of the available ones. */
  #openAt(now: number): readonly DeploymentState[] {
    // If the clock was set back, everything computed from it is invalid.
    if (this.#health.epoch === this.#epoch && now < this.#until && now >= this.#madeAt) return this.#tier;
    const open: DeploymentState[] = [];
    let until = Number.POSITIVE_INFINITY;
    for (const state of this.states) {
      const returnsAt = this.#health.returnsAt(state.health, now);
      if (returnsAt === 0) open.push(state);
      else until = Math.min(until, returnsAt);
    }
    this.#epoch = this.#health.epoch;
    this.#madeAt = now;
    this.#until = until;
    const isSame = open.length === this.#open.length && open.every((each, at) => each === this.#open[at]);
    // The same list object while the same deployments are available: strategies cache what they compute from it.
    if (!isSame) [this.#open, this.#tier] = [open, firstTier(open)];
    return this.#tier;
  }
}

/** What a strategy may know about a call. */
export interface SelectionInput {
  readonly stream: boolean;
  /** Expected output, in tokens. */
  readonly outputTokens: number;
  /** The key that related calls share; only computed for strategies that need it. */
  stickyKey(): string;
}

/** Those of the lowest order. */
function firstTier(open: readonly DeploymentState[]): readonly DeploymentState[] {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const { deployment } of open) {
    lowest = Math.min(lowest, deployment.order);
    highest = Math.max(highest, deployment.order);
  }
  return lowest >= highest ? open : open.filter(({ deployment }) => deployment.order === lowest);
}
