import { seededRandom } from '@portico/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Deployment } from '../../deployment.js';
import { STRATEGIES, type Strategy } from '../../routes/strategy.js';
import type { SelectionInput } from '../candidate-set.js';
import { DeploymentHealth } from '../deployment-health.js';
import { DeploymentState } from '../deployment-state.js';
import { createStrategy } from './create-strategy.js';
import type { Selector } from './selector.js';

const CALL: SelectionInput = { stream: true, outputTokens: 300, stickyKey: () => 'key' };
const NOW = 1_000_000;

describe('strategies', () => {
  it('weighted: shares follow the weights', () => {
    const states = some(4, (at) => ({ weight: at + 1 }));
    const counts = countPicks(open('weighted'), states, 20_000);
    for (const [at, count] of counts.entries()) expect(count / 20_000).toBeCloseTo((at + 1) / 10, 1);
  });

  it('round-robin: each in turn', () => {
    const select = open('round-robin');
    const states = some(3);
    expect(Array.from({ length: 6 }, () => idOf(select, states))).toEqual(['0', '1', '2', '0', '1', '2']);
  });

  it('priority: the first of those that may be asked', () => {
    const states = some(3);
    expect(idOf(open('priority'), states)).toBe('0');
    expect(idOf(open('priority'), states.slice(1))).toBe('1');
  });

  it('least-in-flight: the busiest never, by weight', () => {
    const states = some(3, (at) => ({ weight: at === 2 ? 100 : 1 }));
    Object.assign((states[0] as DeploymentState).health, { inFlight: 9 });
    Object.assign((states[2] as DeploymentState).health, { inFlight: 50 });
    const [busiest] = countPicks(open('least-in-flight'), states, 1_000);
    expect(busiest).toBe(0);
  });

  it('lowest-usage: whoever has used the larger share of its limits, last', () => {
    const states = some(2, (at) => ({ limits: { requestsPerMinute: at === 0 ? 10 : 1_000 } }));
    for (const state of states) Object.assign(state.health, { minute: NOW - (NOW % 60_000), requestsInMinute: 5 });
    expect(countPicks(open('lowest-usage'), states, 100)).toEqual([0, 100]);
  });

  it('lowest-cost: the cheapest, and what nobody knows the price of last', () => {
    const prices = [undefined, 7, 3, 3];
    const select = createStrategy(
      { by: 'lowest-cost' },
      { priceOf: ({ id }) => prices[Number(id)], random: seededRandom(1) },
    );
    const [unknown, dear, ...cheap] = countPicks(select, some(4), 100);
    expect([unknown, dear]).toEqual([0, 0]);
    expect(Math.min(...cheap)).toBeGreaterThan(20);
    expect(idOf(select, some(1))).toBe('0');
  });

  it('lowest-latency: those as fast as the fastest, and each of the others only to get to know it', () => {
    const states = some(4);
    states.forEach((state, at) => {
      state.health.askedAt = NOW;
      state.health.firstContent.add([100, 110, 400, 900][at] ?? 0, NOW);
    });
    const counts = countPicks(open('lowest-latency'), states, 1_000);
    expect(counts.slice(2)).toEqual([0, 0]);
    Object.assign((states[3] as DeploymentState).health, { askedAt: NOW - 60_000 });
    expect(countPicks(open('lowest-latency'), states, 8)[3]).toBeGreaterThan(0);
  });

  it('adaptive: most to the fastest, some to everybody', () => {
    const states = some(3);
    for (const [at, ms] of [100, 200, 5_000].entries()) states[at]?.health.firstContent.add(ms, NOW);
    const [fast = 0, half = 0, slow = 0] = countPicks(open('adaptive'), states, 10_000);
    expect(fast / half).toBeGreaterThan(3);
    expect(slow).toBeGreaterThan(50);
    expect(slow).toBeLessThan(400);
  });

  it('sticky: the same one for the same key, and a deployment that rests moves its own keys only', () => {
    const select = createStrategy({ by: 'sticky', key: 'session' }, deps());
    const states = some(10);
    const ownerOf = (key: string, among = states) =>
      select(among, { ...CALL, stickyKey: () => key }, NOW).deployment.id;
    const keys = Array.from({ length: 2_000 }, (_, at) => `session-${at}`);
    const before = keys.map((key) => ownerOf(key));
    expect(keys.map((key) => ownerOf(key))).toEqual(before);
    const rest = states.filter(({ deployment }) => deployment.id !== '4');
    for (const [at, key] of keys.entries()) if (before[at] !== '4') expect(ownerOf(key, rest)).toBe(before[at]);
    const shares = states.map(({ deployment }) => before.filter((id) => id === deployment.id).length);
    expect(Math.min(...shares)).toBeGreaterThan(80);
    expect(Math.max(...shares)).toBeLessThan(400);
  });

  it.each(STRATEGIES)('%s: answers one of those it was given, whatever their standing', (name) => {
    const state = fc.record({
      weight: fc.constantFrom(0.001, 1, 7, 1e9),
      inFlight: fc.nat(1_000),
      askedAt: fc.constantFrom(0, NOW - 1, NOW, NOW + 50_000),
      firstContent: fc.option(fc.nat(100_000)),
      whole: fc.option(fc.nat(100_000)),
    });
    fc.assert(
      fc.property(
        fc.array(state, { minLength: 2, maxLength: 12 }),
        fc.integer(),
        fc.boolean(),
        (given, seed, stream) => {
          const states = some(given.length, (at) => ({ weight: given[at]?.weight ?? 1 }));
          given.forEach((each, at) => {
            const made = states[at] as DeploymentState;
            Object.assign(made.health, { inFlight: each.inFlight, askedAt: each.askedAt });
            if (each.firstContent !== null) made.health.firstContent.add(each.firstContent, NOW);
            if (each.whole !== null) made.health.whole.add(each.whole, NOW);
          });
          const select = createStrategy(strategyOf(name), { priceOf: () => undefined, random: seededRandom(seed) });
          for (let call = 0; call < 20; call += 1)
            expect(states).toContain(select(states, { ...CALL, stream }, NOW + call));
        },
      ),
      { numRuns: 200 },
    );
  });
});

function open(name: Strategy['by']): Selector {
  return createStrategy(strategyOf(name), deps());
}

function strategyOf(name: Strategy['by']): Strategy {
  return name === 'sticky' ? { by: name, key: 'prompt' } : { by: name };
}

function deps() {
  return { priceOf: () => undefined, random: seededRandom(7) };
}

function some(count: number, settings: (at: number) => Partial<Deployment> = () => ({})): DeploymentState[] {
  return Array.from({ length: count }, (_, at) => {
    const deployment = { id: String(at), weight: 1, order: 0, ...settings(at) } as Deployment; // all that strategies read
    return new DeploymentState(deployment, new DeploymentHealth(deployment.id), count > 1);
  });
}

function idOf(select: Selector, states: readonly DeploymentState[]): string {
  return select(states, CALL, NOW).deployment.id;
}

function countPicks(select: Selector, states: readonly DeploymentState[], calls: number): number[] {
  const counts = new Map(states.map((state) => [state, 0]));
  for (let call = 0; call < calls; call += 1) {
    const selection = select(states, CALL, NOW);
    counts.set(selection, (counts.get(selection) ?? 0) + 1);
  }
  return [...counts.values()];
}
