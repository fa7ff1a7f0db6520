import type { Clock } from '../clock.js';
import type { GatewayConfig } from '../gateway-config.js';
import { guardedCounters } from '../governance/guarded-counters.js';
import { memoryCounters } from '../memory/counter-store.js';
import type { CounterStore } from '../store.js';

const USUAL_TIMEOUT_MS = 200;

/** The host's counters, guarded against their failing; or the memory's, which cannot. */
export function countersOf({ stores, logger }: Pick<GatewayConfig, 'stores' | 'logger'>, clock: Clock): CounterStore {
  if (stores?.counters === undefined) return memoryCounters(clock);
  return guardedCounters(stores.counters, {
    clock,
    logger,
    timeoutMs: stores.countersTimeoutMs ?? USUAL_TIMEOUT_MS,
    standIn: stores.whenCountersFail === 'open' ? memoryCounters(clock) : undefined,
  });
}
