import { totalInputTokens, totalOutputTokens, type UsageRecord } from '@portico/core';

/** The sum of the calls of one model, one caller or one day. */
export interface UsageSum {
  readonly name: string;
  calls: number;
  /** Those that did not end successfully. */
  failed: number;
  /** Those without a known price; they are not part of `nanoUsd`. */
  unpriced: number;
  inputTokens: number;
  outputTokens: number;
  /** Integer nano-dollars: years of calls exceed what a double holds exactly. */
  nanoUsd: bigint;
}

/** The possible groupings. */
export const GROUPINGS = {
  model: (record) => record.requestedModel,
  principal: (record) => record.principal.id,
  team: (record) => record.principal.team ?? '(none)',
  day: (record) => new Date(record.startedAt).toISOString().slice(0, 10),
} as const satisfies Record<string, (record: UsageRecord) => string>;

export type Grouping = keyof typeof GROUPINGS;

/** Adds up records as they are read, by several groupings at once. */
export class UsageSums {
  readonly total: UsageSum = emptySum('all');
  readonly #groups = new Map<Grouping, Map<string, UsageSum>>();

  constructor(groupings: readonly Grouping[]) {
    for (const grouping of groupings) this.#groups.set(grouping, new Map());
  }

  add(record: UsageRecord): void {
    addTo(this.total, record);
    for (const [grouping, sums] of this.#groups) {
      const name = GROUPINGS[grouping](record);
      const sum = sums.get(name) ?? emptySum(name);
      sums.set(name, sum);
      addTo(sum, record);
    }
  }

  /** Days in order, everything else by cost. */
  of(grouping: Grouping): readonly UsageSum[] {
    const sums = [...(this.#groups.get(grouping)?.values() ?? [])];
    if (grouping === 'day') return sums.sort((a, b) => (a.name < b.name ? -1 : 1));
    return sums.sort((a, b) => (a.nanoUsd === b.nanoUsd ? b.calls - a.calls : a.nanoUsd < b.nanoUsd ? 1 : -1));
  }
}

function emptySum(name: string): UsageSum {
  return { name, calls: 0, failed: 0, unpriced: 0, inputTokens: 0, outputTokens: 0, nanoUsd: 0n };
}

function addTo(sum: UsageSum, { outcome, usage, costNanoUsd }: UsageRecord): void {
  sum.calls += 1;
  if (outcome !== 'ok') sum.failed += 1;
  sum.inputTokens += totalInputTokens(usage);
  sum.outputTokens += totalOutputTokens(usage);
  if (costNanoUsd === undefined) sum.unpriced += 1;
  else sum.nanoUsd += BigInt(costNanoUsd);
}
