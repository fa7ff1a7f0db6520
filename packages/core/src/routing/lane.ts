import type { Health } from './health.js';
import type { Standing } from './standing.js';
import type { Pick } from './strategies/pick.js';

/**
 * The deployments of a pool that can serve one sort of call. Those that may be asked now are kept at hand: a deployment
 * that rests is taken out and put back again when its time has come, so that choosing looks at no flags.
 */
export class Lane {
  readonly standings: readonly Standing[];
  readonly #health: Health;
  readonly #pick: Pick;
  #open: readonly Standing[] = [];
  /** Those of them that are asked first. */
  #tier: readonly Standing[] = [];
  #epoch = -1;
  #madeAt = 0;
  /** When the first of those that rest returns. */
  #until = 0;

  constructor(standings: readonly Standing[], pick: Pick, health: Health) {
    this.standings = standings;
    this.#pick = pick;
    this.#health = health;
  }

  /** Who is asked next of those that may be asked now and have not `failed`; undefined if there is nobody. */
  choose(now: number, call: PickedCall, failed?: { has(standing: Standing): boolean }): Standing | undefined {
    let tier = this.#openAt(now);
    if (failed !== undefined) tier = firstTier(this.#open.filter((standing) => !failed.has(standing)));
    return tier.length < 2 ? tier[0] : this.#pick(tier, call, now);
  }

  /** When the first may be asked again, milliseconds since the epoch; 0 if one may be asked now. */
  returnsAt(now: number): number {
    if (this.#openAt(now).length > 0) return 0;
    let first = Number.POSITIVE_INFINITY;
    for (const standing of this.standings) first = Math.min(first, this.#health.returnsAt(standing.health, now));
    return first;
  }

  /** The first tier of those that may be asked. */
  #openAt(now: number): readonly Standing[] {
    // A clock that was set back makes all that was worked out from it doubtful (h05).
    if (this.#health.epoch === this.#epoch && now < this.#until && now >= this.#madeAt) return this.#tier;
    const open: Standing[] = [];
    let until = Number.POSITIVE_INFINITY;
    for (const standing of this.standings) {
      const returnsAt = this.#health.returnsAt(standing.health, now);
      if (returnsAt === 0) open.push(standing);
      else until = Math.min(until, returnsAt);
    }
    this.#epoch = this.#health.epoch;
    this.#madeAt = now;
    this.#until = until;
    const isSame = open.length === this.#open.length && open.every((each, at) => each === this.#open[at]);
    // The same list as long as the same ones may be asked: strategies keep what they work out of it.
    if (!isSame) [this.#open, this.#tier] = [open, firstTier(open)];
    return this.#tier;
  }
}

/** What a strategy may know of a call. */
export interface PickedCall {
  readonly stream: boolean;
  /** Output to reckon with, in tokens. */
  readonly outputTokens: number;
  /** What calls that belong together have in common; only worked out for strategies that ask. */
  stickyKey(): string;
}

/** Those of the lowest order. */
function firstTier(open: readonly Standing[]): readonly Standing[] {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const { deployment } of open) {
    lowest = Math.min(lowest, deployment.order);
    highest = Math.max(highest, deployment.order);
  }
  return lowest >= highest ? open : open.filter(({ deployment }) => deployment.order === lowest);
}
