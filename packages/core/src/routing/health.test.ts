import { fakeClock } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../errors.js';
import type { CooldownStore } from '../store.js';
import type { DeploymentHealth } from './deployment-health.js';
import { createHealth } from './health.js';

const CONFIG = {
  cooldownMs: 5_000,
  quotaCooldownMs: 60_000,
  maxWaitMs: 10_000,
  failuresInARow: 3,
  failureRate: 0.5,
  minCalls: 10,
  windowMs: 30_000,
};
const BROKEN = new GatewayError('network', 'gone');
const START = 10 * 3_600_000;

describe('the health of a deployment', () => {
  it('lets it rest at once for as long as a 429 asks, and no longer (R-FO-2)', () => {
    const { clock, health, state, returnsAt } = start();
    health.failed(state, new GatewayError('rate_limited', 'full', { retryAfterMs: 20_000 }));
    expect(returnsAt()).toBe(START + 20_000);
    clock.set(START + 20_000);
    expect(returnsAt()).toBe(0);
    // Its vendor said when: nobody has to find out.
    health.asked(state, clock.now());
    expect(returnsAt()).toBe(0);
  });

  it('keeps the later of two deadlines (R-FO-4)', () => {
    const { health, state, returnsAt } = start();
    health.failed(state, new GatewayError('rate_limited', 'full', { retryAfterMs: 20_000 }));
    health.failed(state, new GatewayError('rate_limited', 'full', { retryAfterMs: 1_000 }));
    expect(returnsAt()).toBe(START + 20_000);
  });

  it('lets it rest after the third failure in a row that is not final by itself, and forgets them on success', () => {
    const { health, state, returnsAt } = start();
    for (const outcome of ['fails', 'fails', 'works', 'fails', 'fails']) {
      if (outcome === 'works') health.succeeded(state);
      else health.failed(state, BROKEN);
    }
    expect(returnsAt()).toBe(0);
    health.failed(state, BROKEN);
    expect(returnsAt()).toBe(START + 5_000);
  });

  it('lets it rest when half of many calls fail, though never three in a row (R-FO-4)', () => {
    const { health, state, returnsAt } = start();
    for (let call = 0; call < 4; call += 1) {
      health.succeeded(state);
      health.failed(state, BROKEN);
    }
    expect(returnsAt()).toBe(0);
    health.succeeded(state);
    health.failed(state, BROKEN);
    expect(returnsAt()).toBe(START + 5_000);
  });

  it('does not hold against it what is longer ago than the window', () => {
    const { clock, health, state, returnsAt } = start();
    for (let call = 0; call < 4; call += 1) {
      health.failed(state, BROKEN);
      health.succeeded(state);
    }
    clock.set(START + 60_000);
    for (let call = 0; call < 9; call += 1) health.succeeded(state);
    health.failed(state, BROKEN);
    expect(returnsAt()).toBe(0);
  });

  it('has one call find out after a rest, and the others wait for its verdict (R-FO-4)', () => {
    const { clock, health, state, returnsAt } = cooledDown();
    expect(returnsAt()).toBe(0);
    health.asked(state, clock.now());
    expect(returnsAt()).toBeGreaterThan(clock.now());
    health.succeeded(state);
    expect(returnsAt()).toBe(0);
  });

  it('lets it rest again when the probe fails, be it the first failure since', () => {
    const { clock, health, state, returnsAt } = cooledDown();
    health.asked(state, clock.now());
    health.failed(state, BROKEN);
    expect(returnsAt()).toBe(clock.now() + 5_000);
  });

  it('lets the next one find out where the probe ended without a verdict, or takes too long', () => {
    const { clock, health, state, returnsAt } = cooledDown();
    health.asked(state, clock.now());
    health.undecided(state);
    expect(returnsAt()).toBe(0);
    health.asked(state, clock.now());
    clock.set(clock.now() + 5_000);
    expect(returnsAt()).toBe(0);
  });

  it('takes no verdict from calls that were under way before', () => {
    const { clock, health, state, returnsAt } = cooledDown();
    health.succeeded(state);
    health.asked(state, clock.now());
    expect(returnsAt()).toBeGreaterThan(clock.now());
  });

  it('takes no notice of what the client did wrong', () => {
    const { health, state, returnsAt } = start();
    for (let call = 0; call < 5; call += 1) health.failed(state, new GatewayError('invalid_input', 'bad'));
    expect(returnsAt()).toBe(0);
  });

  it('does not hang when the clock jumps back (h05)', () => {
    const { clock, health, state, returnsAt } = start();
    health.failed(state, new GatewayError('overloaded', 'full'));
    clock.set(0);
    expect(returnsAt()).toBe(0);
  });

  it('tells whoever waits that something changed', () => {
    const { health, state } = start();
    const heard: string[] = [];
    health.onChange(() => heard.push('one'));
    const unwatch = health.onChange(() => heard.push('two'));
    unwatch();
    health.full(state, START + 1_000);
    health.full(state, START + 2_000);
    expect(heard).toEqual(['one']);
  });

  it('is one object for one deployment, whoever asks for it and however often the configuration changes', () => {
    const { health, state } = start();
    for (const ids of [['one'], ['one', 'two'], []]) {
      health.use(CONFIG, ids);
      expect(health.of('one')).toBe(state);
    }
  });

  it('changes nothing by being looked at', () => {
    const { clock, health, state } = start();
    health.failed(state, new GatewayError('overloaded', 'full'));
    health.full(state, START + 2_000);
    const before = structuredClone(state);
    const { epoch } = health;
    for (const time of [START, START + 4_999, START + 5_000, START + 60_000, 0, START + 4_000]) {
      clock.set(time);
      health.returnsAt(state, time);
    }
    expect(structuredClone(state)).toEqual(before);
    expect(health.epoch).toBe(epoch);
  });

  it('rests as long as the configuration says, also beyond what a vendor is believed', () => {
    const { health, state, returnsAt } = start();
    health.use({ ...CONFIG, quotaCooldownMs: 7_200_000 }, ['one']);
    health.failed(state, new GatewayError('quota_exhausted', 'spent', { retryAfterMs: 7_200_000 }));
    expect(returnsAt()).toBe(START + 3_600_000);
    health.failed(state, new GatewayError('quota_exhausted', 'spent'));
    expect(returnsAt()).toBe(START + 7_200_000);
  });

  it('does not begin again when a clock that was ahead is put right (h05)', () => {
    const { clock, health, state, returnsAt } = start();
    clock.set(START + 86_400_000);
    health.failed(state, new GatewayError('overloaded', 'full'));
    clock.set(START);
    expect(returnsAt()).toBe(0);
    health.asked(state, START);
    health.failed(state, new GatewayError('rate_limited', 'full', { retryAfterMs: 1_000 }));
    expect(returnsAt()).toBe(START + 1_000);
  });
});

describe('what is remembered of deployments', () => {
  it('is never forgotten for those that the configuration names, whatever names clients make up', async () => {
    const store = sharedCooldowns();
    const { health, state, returnsAt } = start(store);
    await settled();
    health.use(CONFIG, ['one']);
    for (let at = 0; at < 20_000; at += 1) health.of(`made up ${at}`);
    void store.coolDown('one', START + 5_000);
    expect(health.of('one')).toBe(state);
    expect(returnsAt()).toBe(START + 5_000);
  });

  it('is forgotten for the others in the order of their last use', () => {
    const { health } = start();
    const [inUse, idle] = [health.of('in use'), health.of('idle')];
    for (let at = 0; at < 10_000; at += 1) {
      health.of(`made up ${at}`);
      health.asked(inUse, START);
    }
    expect(health.of('in use')).toBe(inUse);
    expect(health.of('idle')).not.toBe(idle);
  });

  it('is not forgotten while a call is under way', () => {
    const { health } = start();
    const busy = health.of('busy');
    busy.inFlight = 1;
    for (let at = 0; at < 20_000; at += 1) health.of(`made up ${at}`);
    expect(health.of('busy')).toBe(busy);
  });
});

describe('instances that share their rests', () => {
  it('spare each other the discovery, also those that start later', async () => {
    const store = sharedCooldowns();
    const [one, two] = [start(store), start(store)];
    await settled();
    one.health.failed(one.state, new GatewayError('overloaded', 'full'));
    expect(two.returnsAt()).toBe(START + 5_000);
    const late = start(store, 'before');
    await settled();
    expect(late.health.returnsAt(late.health.of('one'), START)).toBe(START + 5_000);
  });

  it('go on by themselves where the store fails, and hear nothing any more once closed (h02)', async () => {
    const failing: CooldownStore = {
      coolDown: () => Promise.reject(new Error('gone')),
      watch: () => Promise.reject(new Error('gone')),
    };
    const alone = start(failing);
    await settled();
    alone.health.failed(alone.state, new GatewayError('overloaded', 'full'));
    expect(alone.returnsAt()).toBe(START + 5_000);

    const store = sharedCooldowns();
    const closed = start(store);
    await settled();
    closed.health.close();
    void store.coolDown('one', START + 5_000);
    expect(closed.returnsAt()).toBe(0);
  });
});

function start(store?: CooldownStore, known?: 'before') {
  const clock = fakeClock(START);
  const health = createHealth(CONFIG, clock, store);
  health.watch();
  const state = known === 'before' ? (undefined as unknown as DeploymentHealth) : health.of('one');
  return { clock, health, state, returnsAt: () => health.returnsAt(state, clock.now()) };
}

/** One that has failed until it rested, and whose rest is over. */
function cooledDown() {
  const all = start();
  for (let call = 0; call < 3; call += 1) all.health.failed(all.state, BROKEN);
  all.clock.set(START + 5_000);
  expect(all.returnsAt()).toBe(0);
  return all;
}

function sharedCooldowns(): CooldownStore {
  const rests = new Map<string, number>();
  const watchers = new Set<(id: string, until: number) => void>();
  return {
    coolDown(id, until) {
      rests.set(id, until);
      for (const tell of watchers) tell(id, until);
    },
    watch(tell) {
      for (const [id, until] of rests) tell(id, until);
      watchers.add(tell);
      return () => watchers.delete(tell);
    },
  };
}

/** Until promises that are already there have been heard. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
