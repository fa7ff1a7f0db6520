import { fakeClock } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import type { CounterRequest, CounterStore, ReserveAnswer } from '../../store.js';
import { resilientCounters } from './resilient-counters.js';

const ONE: CounterRequest = { key: 'requests', amount: 1, limit: 10, resetsAt: undefined };
const LEASE_MS = 60_000;

describe('a counter store that may fail (R-BUD-7, h02)', () => {
  it('is waited for no longer than its time limit', async () => {
    const { clock, store, reserve } = start();
    store.is = 'silent';
    const answer = reserve();
    await clock.advance(199);
    expect(await stateOf(answer)).toBe('waits');
    const end = expect(answer).rejects.toThrow('did not answer within 200 ms');
    await clock.advance(1);
    await end;
  });

  it('is left alone after three failures in a row, and calls then wait no time at all', async () => {
    const { clock, store, reserve, lines } = start();
    store.is = 'silent';
    const first = Promise.all(
      [reserve(), reserve(), reserve()].map((answer) => expect(answer).rejects.toThrow('within')),
    );
    await clock.advance(200);
    await first;

    const asked = store.asked;
    await expect(reserve()).rejects.toThrow('is not used because it failed before');
    expect(store.asked).toBe(asked);
    expect(lines).toEqual([
      'error: the counter store failed 3 times in a row: calls with limits are refused until it answers',
    ]);
  });

  it('is asked again once a probe was answered, and no call waits for the probe', async () => {
    const { clock, store, reserve, lines } = start();
    await makeIll(store, reserve);
    await clock.advance(1_000);
    await expect(reserve()).rejects.toThrow('is not used');
    await clock.advance(999);
    store.is = 'well';
    await clock.advance(1);
    await expect(reserve()).rejects.toThrow('is not used');
    await clock.advance(0);
    expect(await reserve()).toMatchObject({ ok: true });
    expect(lines.at(-1)).toBe('warn: the counter store answers again: limits are counted there');
  });

  it('is probed by one call at a time, also when the clock jumps back (h05)', async () => {
    const { clock, store, reserve } = start();
    await makeIll(store, reserve);
    store.is = 'silent';
    clock.set(clock.now() - 3_600_000);
    const asked = store.asked;
    for (let call = 0; call < 5; call++) await expect(reserve()).rejects.toThrow('is not used');
    expect(store.asked).toBe(asked + 1);
    expect(clock.pending).toBe(1);
  });

  it('may fail twice in a row now and then', async () => {
    const { store, reserve } = start();
    for (let round = 0; round < 3; round++) {
      store.is = 'broken';
      await expect(reserve()).rejects.toThrow('gone');
      await expect(reserve()).rejects.toThrow('gone');
      store.is = 'well';
      expect(await reserve()).toMatchObject({ ok: true });
    }
  });

  it('gets back what it reserves when nobody waits for it any more', async () => {
    const { clock, store, reserve } = start();
    store.is = 'silent';
    const answer = expect(reserve()).rejects.toThrow('within');
    await clock.advance(200);
    await answer;
    store.answerLate();
    await clock.advance(0);
    expect(store.settled).toEqual([['late', []]]);
  });

  it('has a stand-in where calls are to go on, and each settles what it made', async () => {
    const fallbackStore = scriptedStore('theirs');
    const { store, reserve, guarded, lines } = start(fallbackStore);
    await makeIll(store, reserve);
    const answer = (await reserve()) as Extract<ReserveAnswer, { ok: true }>;
    expect(answer.ok).toBe(true);
    expect(await guarded.read('requests')).toEqual({ used: 0, reserved: 1 });
    await guarded.settle(answer.reservation, [1]);
    expect(fallbackStore.settled).toEqual([['theirs', [1]]]);
    expect(store.settled).toEqual([]);
    expect(lines[0]).toContain('until it answers, limits are counted in this process only');
  });

  it('is told of settlements even while it is left alone', async () => {
    const { store, reserve, guarded } = start();
    await makeIll(store, reserve);
    await expect(guarded.settle('made before', [3])).rejects.toThrow('gone');
    store.is = 'well';
    await guarded.settle('made before', [3]);
    expect(store.settled).toEqual([['made before', [3]]]);
  });
});

function start(fallbackStore?: CounterStore) {
  const clock = fakeClock();
  const store = scriptedStore('ours');
  const lines: string[] = [];
  const at = (level: string) => (_fields: object, message: string) => void lines.push(`${level}: ${message}`);
  const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const guarded = resilientCounters(store, { clock, logger, timeoutMs: 200, fallbackStore });
  return { clock, store, guarded, lines, reserve: async () => guarded.reserve([ONE], LEASE_MS) };
}

async function makeIll(store: ScriptedStore, reserve: () => Promise<unknown>): Promise<void> {
  store.is = 'broken';
  for (let call = 0; call < 3; call++) await reserve().catch(() => undefined);
}

type ScriptedStore = ReturnType<typeof scriptedStore>;

function scriptedStore(reservation: string) {
  const settled: (readonly [string, readonly number[]])[] = [];
  let late: ((answer: ReserveAnswer) => void) | undefined;
  const store = {
    is: 'well' as 'well' | 'broken' | 'silent',
    asked: 0,
    settled,
    answerLate: () => late?.({ ok: true, reservation: 'late', remaining: [9] }),
    reserve: () =>
      answer<ReserveAnswer>({ ok: true, reservation, remaining: [9] }, (resolve) => {
        late = resolve;
      }),
    async settle(made: string, actual: readonly number[]) {
      if (store.is === 'broken') throw new Error('gone');
      settled.push([made, actual]);
    },
    read: () => answer({ used: 0, reserved: 1 }, () => undefined),
  };
  return store;

  async function answer<T>(value: T, keep: (resolve: (value: T) => void) => void): Promise<T> {
    store.asked += 1;
    if (store.is === 'broken') throw new Error('gone');
    return store.is === 'well' ? value : new Promise<T>(keep);
  }
}

/** Whether it waits after everything that is due has run. */
async function stateOf(answer: Promise<unknown>): Promise<string> {
  const waits = new Promise<string>((resolve) => setImmediate(() => resolve('waits')));
  return Promise.race([answer.then(() => 'answered'), waits]);
}
