import type { Clock } from '../clock.js';
import type { Principal } from '../principal.js';
import type { GatewayConfig } from '../settings/gateway-config.js';
import type { CounterStore } from '../store.js';
import { principalKey } from '../usage/counter-key.js';
import { limitExceeded } from './limit-exceeded.js';
import { createLimits, type Limit } from './limits-of-call.js';
import { NO_NEED } from './needs-of-call.js';
import { rateLimitHeaders } from './rate-limit-headers.js';

/** Shorter bodies are read at once: looking at the counters would cost more. */
const SHORT_BYTES = 64 * 1024;

/**
 * Keeps callers who have nothing left from filling memory. A call is counted only once its body was read, since the body says
 * what it needs; a long one is refused before it is read where no further request, or no further call at the same time, has room.
 */
export interface BodyAdmission {
  /**
   * Rejects with `over_rate_limit`. `announcedBytes` is the body's length as its headers say, undefined if they do not. Call the
   * function that it returns when the body was read, or could not be.
   */
  begin(principal: Principal, announcedBytes: number | undefined): Promise<() => void>;
}

export interface BodyAdmissionDeps {
  readonly counters: CounterStore;
  readonly clock: Clock;
  readonly defaults: GatewayConfig['defaults'];
}

export function createBodyAdmission({ counters, clock, defaults }: BodyAdmissionDeps): BodyAdmission {
  const limitsFor = createLimits();
  /** Bodies that are being read, by principal: they are no calls yet. */
  const reading = new Map<string, number>();

  return {
    async begin({ id, limits: own }, announcedBytes) {
      if (announcedBytes !== undefined && announcedBytes <= SHORT_BYTES) return NOTHING;
      const { requestsPerMinute, concurrentCalls } = own ?? defaults?.limits ?? {};
      const now = clock.now();
      const limits = limitsFor(principalKey(id), { requestsPerMinute, concurrentCalls }, undefined, NO_NEED, now);
      if (limits.length === 0) return NOTHING;
      // Before anything is waited for, so that many at once see each other.
      const others = reading.get(id) ?? 0;
      reading.set(id, others + 1);
      try {
        await requireRoom(limits, others, now);
      } catch (error) {
        release(id);
        throw error;
      }
      let isReleased = false;
      return () => {
        if (!isReleased) release(id);
        isReleased = true;
      };
    },
  };

  async function requireRoom(limits: readonly Limit[], others: number, now: number): Promise<void> {
    const remaining: number[] = [];
    try {
      for (const { key, limit } of limits) {
        const { used, reserved } = await counters.read(key);
        remaining.push(limit - used - reserved - others);
      }
    } catch {
      // What is to be done without the store is decided when the call is admitted.
      return;
    }
    const full = limits.findIndex(({ amount }, index) => amount > (remaining[index] as number));
    if (full < 0) return;
    const headers = rateLimitHeaders(limits, remaining, now);
    throw limitExceeded(limits[full] as Limit, remaining[full] as number, now, headers);
  }

  function release(id: string): void {
    const left = (reading.get(id) ?? 1) - 1;
    if (left > 0) reading.set(id, left);
    else reading.delete(id);
  }
}

function NOTHING(): void {}
