import { fakeClock } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import type { Deployment } from '../deployment.js';
import { GatewayError } from '../errors.js';
import { openCooldowns } from './cooldowns.js';

const deployment = {} as Deployment; // only its identity counts
const config = { restMs: 5_000, quotaRestMs: 60_000, maxWaitMs: 10_000, failuresInARow: 3 };

describe('cooldowns', () => {
  it('rest at once for as long as a 429 asks (R-FO-2)', () => {
    const clock = fakeClock(1_000);
    const cooldowns = openCooldowns(config, clock);
    cooldowns.failed(deployment, new GatewayError('rate_limited', 'full', { retryAfterMs: 20_000 }));
    expect(cooldowns.restsUntil(deployment)).toBe(21_000);
  });

  it('keep the later of two deadlines (R-FO-4)', () => {
    const cooldowns = openCooldowns(config, fakeClock(0));
    cooldowns.failed(deployment, new GatewayError('rate_limited', 'full', { retryAfterMs: 20_000 }));
    cooldowns.failed(deployment, new GatewayError('rate_limited', 'full', { retryAfterMs: 1_000 }));
    expect(cooldowns.restsUntil(deployment)).toBe(20_000);
  });

  it('rest after the third failure in a row that is not final by itself, and forget on success', () => {
    const cooldowns = openCooldowns(config, fakeClock(0));
    const failure = new GatewayError('network', 'gone');
    cooldowns.failed(deployment, failure);
    cooldowns.failed(deployment, failure);
    expect(cooldowns.restsUntil(deployment)).toBe(0);
    cooldowns.succeeded(deployment);
    cooldowns.failed(deployment, failure);
    cooldowns.failed(deployment, failure);
    expect(cooldowns.restsUntil(deployment)).toBe(0);
    cooldowns.failed(deployment, failure);
    expect(cooldowns.restsUntil(deployment)).toBe(5_000);
  });

  it('do not hang when the clock jumps back (h05)', () => {
    const clock = fakeClock(10 * 3_600_000);
    const cooldowns = openCooldowns(config, clock);
    cooldowns.failed(deployment, new GatewayError('overloaded', 'full'));
    clock.set(0);
    expect(cooldowns.restsUntil(deployment)).toBe(0);
  });

  it('take no notice of what the client did wrong', () => {
    const cooldowns = openCooldowns(config, fakeClock(0));
    for (let i = 0; i < 5; i += 1) cooldowns.failed(deployment, new GatewayError('invalid_input', 'bad'));
    expect(cooldowns.restsUntil(deployment)).toBe(0);
  });
});
