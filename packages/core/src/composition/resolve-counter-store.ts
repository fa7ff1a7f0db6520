import { memoryCounters } from '../accounts/counters/memory-counters.js';
import { resilientCounters } from '../accounts/counters/resilient-counters.js';
import type { Clock } from '../clock.js';
import type { Logger } from '../logger.js';
import type { GatewayConfig } from '../settings/gateway-config.js';
import type { CounterStore } from '../store.js';

const USUAL_TIMEOUT_MS = 200;

/** The counter store of the host, protected against failures; or the one in memory, which cannot fail. */
export function resolveCounterStore(
  { stores }: Pick<GatewayConfig, 'stores'>,
  clock: Clock,
  logger: Logger | undefined,
): CounterStore {
  if (stores?.counters === undefined) return memoryCounters(clock);
  return resilientCounters(stores.counters, {
    clock,
    logger,
    timeoutMs: stores.countersTimeoutMs ?? USUAL_TIMEOUT_MS,
    fallbackStore: stores.whenCountersFail === 'open' ? memoryCounters(clock) : undefined,
  });
}
