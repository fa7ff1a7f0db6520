import type { CooldownConfig, GatewayConfig } from '../gateway-config.js';

/** How a configuration has deployments rest, with every default. */
export function cooldownsOf({ cooldowns }: Pick<GatewayConfig, 'cooldowns'>): CooldownConfig {
  return {
    restMs: 5_000,
    quotaRestMs: 60_000,
    maxWaitMs: 10_000,
    failuresInARow: 3,
    failureRate: 0.5,
    minCalls: 10,
    windowMs: 30_000,
    ...cooldowns,
  };
}
