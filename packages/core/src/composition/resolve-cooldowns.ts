import type { CooldownConfig, GatewayConfig } from '../settings/gateway-config.js';

/** The cooldown settings of a configuration, with all defaults. */
export function resolveCooldowns({ cooldowns }: Pick<GatewayConfig, 'cooldowns'>): CooldownConfig {
  return {
    cooldownMs: 5_000,
    quotaCooldownMs: 60_000,
    maxWaitMs: 10_000,
    failuresInARow: 3,
    failureRate: 0.5,
    minCalls: 10,
    windowMs: 30_000,
    ...cooldowns,
  };
}
