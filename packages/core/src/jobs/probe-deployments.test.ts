import { describe, expect, it } from 'vitest';
import { scriptedGateway } from '../../test/scripted-gateway.js';

function start() {
  const world = scriptedGateway({
    models: {
      fast: [
        { model: 'acme/first', id: 'first', order: 0, price: { input: 1, output: 1 } },
        { model: 'acme/second', id: 'second', order: 1, price: { input: 1, output: 1 } },
      ],
    },
    cooldowns: { cooldownMs: 60_000, probeEveryMs: 5_000 },
  });
  world.behaviours.first = { status: 503 };
  return world;
}

describe('probes', () => {
  it('ask whoever rests after failures, so that it serves again as soon as it can (R-FO-4)', async () => {
    const { ask, asked, behaviours, clock, records } = start();
    expect(await ask('fast')).toBe('second');
    await clock.advance(5_000);
    expect(asked).toEqual(['first', 'second', 'first']);
    expect(await ask('fast')).toBe('second');
    behaviours.first = {};
    await clock.advance(5_000);
    expect(await ask('fast')).toBe('first');
    const probes = records.filter(({ principal }) => principal.id === 'portico:probe');
    expect(probes).toMatchObject([
      { outcome: 'failed', deployment: 'first', costNanoUsd: 0 },
      { outcome: 'ok', deployment: 'first', costNanoUsd: 30_000 },
    ]);
  });

  it('leave alone who does well, and who rests because its vendor said for how long', async () => {
    const { ask, asked, behaviours, clock } = start();
    behaviours.first = { status: 429, retryAfterMs: 30_000 };
    await ask('fast');
    asked.length = 0;
    await clock.advance(20_000);
    expect(asked).toEqual([]);
  });

  it('end with the gateway, and follow a reload', async () => {
    const { gateway, ask, asked, clock } = start();
    await ask('fast');
    asked.length = 0;
    gateway.reload({ models: { fast: 'acme/other' }, unknownPrice: 'allow' });
    await clock.advance(20_000);
    expect(asked).toEqual([]);
    const ended = start();
    await ended.ask('fast');
    await ended.gateway.close();
    expect(ended.clock.pending).toBe(0);
  });
});
