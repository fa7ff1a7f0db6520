import { describe, expect, it } from 'vitest';
import { scriptedGateway } from '../test/scripted-gateway.js';

describe('what is known of a deployment', () => {
  it('stays known when a reload makes it anew, and calls that are under way still report to it', async () => {
    const config = {
      models: { fast: { deployments: [{ model: 'acme/slow', id: 'slow' }] } },
      unknownPrice: 'allow',
    } as const;
    const { ask, behaviours, clock, gateway } = scriptedGateway({ ...config, cooldowns: { maxWaitMs: 0 } });
    await ask('fast');
    behaviours.slow = { status: 401, afterMs: 1_000 };
    const call = ask('fast').catch((error: unknown) => error);
    await clock.advance(500);
    const before = await state();
    expect(before).toMatchObject({ inFlight: 1, wholeMs: 0, cooldownRemainingMs: 0 });
    gateway.reload({ ...config, cooldowns: { maxWaitMs: 0 } });
    expect(await state()).toEqual(before);
    await clock.advance(500);
    expect(await call).toMatchObject({ kind: 'unauthorized_upstream' });
    expect(await state()).toMatchObject({ inFlight: 0, cooldownRemainingMs: 5_000 });

    async function state() {
      const { route } = await gateway.explain({ model: 'fast', as: { id: 'ada' } });
      return route?.decision === 'deployments' ? route.deployments[0] : undefined;
    }
  });

  it('is known to every group that a pattern makes of it', async () => {
    const { ask, asked, behaviours, failureOf } = scriptedGateway({
      models: { 'team-*': { deployments: ['acme/shared'] } },
      cooldowns: { maxWaitMs: 0 },
    });
    expect([await ask('team-a'), await ask('team-b')]).toEqual(['shared', 'shared']);
    behaviours.shared = { status: 401 };
    expect((await failureOf('team-a')).kind).toBe('unauthorized_upstream');
    expect((await failureOf('team-b')).kind).toBe('unavailable');
    expect(asked).toHaveLength(3);
  });

  it('is the same before and after somebody has looked at it', async () => {
    const { clock, failureOf, behaviours, gateway } = scriptedGateway({
      models: { fast: 'acme/gone' },
      cooldowns: { maxWaitMs: 0, cooldownMs: 5_000 },
    });
    behaviours.gone = { status: 503 };
    await failureOf('fast');
    const explained = async () => (await gateway.explain({ model: 'fast', as: { id: 'ada' } })).route;
    await clock.advance(5_000);
    const first = await explained();
    expect(await explained()).toEqual(first);
  });
});
