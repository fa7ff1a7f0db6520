import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { STRATEGIES, type Strategy } from '../../packages/core/dist/routes/strategy.js';
import { plotOf } from './plot.js';
import { type Result, simulate } from './simulate.js';
import { tableOf } from './table.js';
import { PLACES } from './world.js';

// With SIMULATED_CALLS=1000000 and UPDATE_DOCS=1 it writes the page about strategies anew.
const CALLS = Number(process.env.SIMULATED_CALLS ?? 60_000);
const PAGE = new URL('../../packages/core/docs/strategies/', import.meta.url);

describe('strategies, simulated', () => {
  it('keep within limits, recover after outages, and the one for latency is as fast as the best fixed choice', {
    timeout: 30 * 60_000,
  }, async () => {
    const results: Result[] = [];
    for (const by of STRATEGIES) results.push(await simulate(strategyOf(by), CALLS, PLACES));
    // Always the same one first, the others only in its place: what one would choose who knew the world.
    const fixed: Result[] = [];
    for (const best of PLACES.slice(0, 3)) {
      const others = PLACES.filter((place) => place !== best);
      fixed.push(await simulate({ by: 'priority' }, CALLS, [best, ...others]));
    }

    for (const { fullest, strategy } of [...results, ...fixed]) {
      for (const place of PLACES)
        if (place.isLimitKnown)
          expect([strategy, place.id, (fullest[place.id] ?? 0) <= 1]).toEqual([strategy, place.id, true]);
    }
    for (const { recoveredAfterS, strategy } of results) {
      expect([strategy, (recoveredAfterS ?? 0) < 60]).toEqual([strategy, true]);
    }
    const latency = results.find(({ strategy }) => strategy === 'lowest-latency');
    expect(latency?.meanMs).toBeLessThanOrEqual(Math.min(...fixed.map(({ meanMs }) => meanMs)) * 1.1);
    for (const { failed, calls } of results) expect(failed / calls).toBeLessThan(0.001);

    if (process.env.UPDATE_DOCS) {
      writeFileSync(new URL('table.md', PAGE), tableOf(results, fixed));
      writeFileSync(new URL('shares.svg', PAGE), plotOf(results));
    }
    console.log(tableOf(results, fixed));
  });
});

function strategyOf(by: Strategy['by']): Strategy {
  return by === 'sticky' ? { by, key: 'principal' } : { by };
}
