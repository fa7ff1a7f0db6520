import type { Limit } from '../accounts/limits-of-call.js';
import type { Observers } from '../delivery/notify-observers.js';
import type { Logger } from '../logger.js';
import { createBoundedCache } from '../routing/bounded-cache.js';

const MOST_REMEMBERED = 10_000;

/** Tells when a budget has reached a share of its own, once for each share and period. */
export function createBudgetWarnings(observers: Observers, logger: Logger | undefined) {
  const told = createBoundedCache<number>(MOST_REMEMBERED);

  return ({ key, scope, limit, warnAt, isSoft = false, period, resetsAt, kind }: Limit, taken: number): void => {
    if (scope === undefined || kind !== 'budget') return;
    const reached = taken / limit;
    let share = isSoft && taken >= limit ? 1 : 0;
    for (const each of warnAt ?? []) if (each <= reached && each > share) share = each;
    const window = `${key}:${resetsAt ?? ''}`;
    if (share === 0 || share <= (told.get(window) ?? 0)) return;
    told.set(window, share);
    const warning = { scope, per: period.kind, budgetNanoUsd: limit, takenNanoUsd: taken, share, resetsAt, isSoft };
    observers.budgetReached(warning);
    logger?.warn(
      { scope: `${scope.kind}:${scope.id}`, share, budgetNanoUsd: limit, takenNanoUsd: taken },
      'A budget is nearly spent.',
    );
  };
}
