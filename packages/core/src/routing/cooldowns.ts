import type { Clock } from '../clock.js';
import type { Deployment } from '../deployment.js';
import type { GatewayError } from '../errors.js';
import type { CooldownConfig } from '../gateway-config.js';

/** Which deployments rest, and until when. Empty while all is well, so that asking costs nothing. */
export interface Cooldowns {
  /** When it may be asked again, milliseconds since the epoch; 0 if now. */
  restsUntil(deployment: Deployment): number;
  succeeded(deployment: Deployment): void;
  failed(deployment: Deployment, failure: GatewayError): void;
}

interface Health {
  failuresInARow: number;
  until: number;
  /** How long the rest was when it was given. */
  restMs: number;
}

export function openCooldowns(config: CooldownConfig, clock: Clock): Cooldowns {
  const ailing = new Map<Deployment, Health>();

  return {
    restsUntil(deployment) {
      if (ailing.size === 0) return 0;
      const health = ailing.get(deployment);
      if (health === undefined) return 0;
      const left = health.until - clock.now();
      // A clock that jumped back must not make a short rest a long one (h05).
      return left <= 0 || left > health.restMs ? 0 : health.until;
    },

    succeeded(deployment) {
      if (ailing.size > 0) ailing.delete(deployment);
    },

    failed(deployment, failure) {
      const { cools } = failure.traits;
      if (cools === 'never') return;
      const health = ailing.get(deployment) ?? { failuresInARow: 0, until: 0, restMs: 0 };
      ailing.set(deployment, health);
      health.failuresInARow += 1;
      if (cools === 'after_repeats' && health.failuresInARow < config.failuresInARow) return;
      const usualMs = failure.kind === 'quota_exhausted' ? config.quotaRestMs : config.restMs;
      const restMs = Math.min(failure.retryAfterMs ?? usualMs, MAX_REST_MS);
      // The later deadline wins: a short hint must not cut a long rest (litellm#40130).
      const now = clock.now();
      health.until = Math.max(health.until, now + restMs);
      health.restMs = health.until - now;
    },
  };
}

/** No vendor is believed beyond an hour. */
const MAX_REST_MS = 3_600_000;
