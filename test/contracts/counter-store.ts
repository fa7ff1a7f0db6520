import type { MaybePromise } from '@portico/core';
import type { CounterRequest, CounterStore, ReserveAnswer } from '@portico/core/store';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** A store to be proven, and the time it lives in. */
export interface CounterStoreSubject {
  readonly store: CounterStore;
  /** The store's own time, milliseconds since the epoch. */
  now(): number;
  /** Lets time pass for the store. */
  pass(ms: number): MaybePromise<void>;
}

/** What every counter store must do. `open` gives an empty one each time. */
export function counterStoreContract(name: string, open: () => MaybePromise<CounterStoreSubject>): void {
  describe(`${name} keeps the contract of a counter store`, () => {
    it('never lets 500 callers at once exceed a limit, and leaves nothing reserved (R-BUD-1)', async () => {
      const { store } = await open();
      const answers = await atOnce(500, () => store.reserve([money(7, 1_000)], LEASE_MS));
      const granted = answers.filter((answer) => answer.ok);
      expect(granted).toHaveLength(142);
      expect(await store.read('money')).toEqual({ used: 0, reserved: 994 });

      await Promise.all(granted.map(async (answer) => store.settle(answer.reservation, [7])));
      expect(await store.read('money')).toEqual({ used: 994, reserved: 0 });
    });

    it('never exceeds a limit while others settle in between (R-BUD-1)', async () => {
      const { store } = await open();
      let most = 0;
      await atOnce(500, async () => {
        const answer = await store.reserve([money(50, 1_000)], LEASE_MS);
        const { used, reserved } = await store.read('money');
        most = Math.max(most, used + reserved);
        if (answer.ok) await store.settle(answer.reservation, [11]);
      });
      const { used, reserved } = await store.read('money');
      expect(most).toBeLessThanOrEqual(1_000);
      expect(reserved).toBe(0);
      expect(used % 11).toBe(0);
    });

    it('reserves in every counter or in none, and says which had no room (R-BUD-2)', async () => {
      const { store } = await open();
      const narrow: CounterRequest = { key: 'narrow', amount: 2, limit: 1, resetsAt: undefined };
      expect(await store.reserve([money(10, 100), narrow, money(5, 100, 'other')], LEASE_MS)).toEqual({
        ok: false,
        refused: 1,
        remaining: [100, 1, 100],
      });
      for (const key of ['money', 'narrow', 'other']) {
        expect(await store.read(key)).toEqual({ used: 0, reserved: 0 });
      }
    });

    it('says how much room is left after a reservation', async () => {
      const { store } = await open();
      expect(await store.reserve([money(30, 100)], LEASE_MS)).toMatchObject({ ok: true, remaining: [70] });
      expect(await store.reserve([money(30, 100), money(1, 5, 'other')], LEASE_MS)).toMatchObject({
        ok: true,
        remaining: [40, 4],
      });
    });

    it('counts a counter that is named twice in one reservation twice', async () => {
      const { store } = await open();
      expect(await store.reserve([money(60, 100), money(60, 100)], LEASE_MS)).toMatchObject({ ok: false, refused: 1 });
      expect(await store.reserve([money(50, 100), money(50, 100)], LEASE_MS)).toMatchObject({ ok: true });
      expect(await store.read('money')).toEqual({ used: 0, reserved: 100 });
    });

    it('replaces what was reserved by what was used, be it less or more', async () => {
      const { store } = await open();
      await store.settle(await reserved(store, [money(30, 100)]), [10]);
      expect(await store.read('money')).toEqual({ used: 10, reserved: 0 });
      await store.settle(await reserved(store, [money(30, 100)]), [95]);
      expect(await store.read('money')).toEqual({ used: 105, reserved: 0 });
      expect(await store.reserve([money(0, 100)], LEASE_MS)).toMatchObject({ ok: false, remaining: [0] });
    });

    it('counts what a reservation of nothing turned out to use', async () => {
      const { store } = await open();
      const reservation = await reserved(store, [money(0, 100)]);
      for (let other = 0; other < 20; other++) await reserved(store, [money(1, 100, `other ${other}`)]);
      await store.settle(reservation, [40]);
      expect(await store.read('money')).toEqual({ used: 40, reserved: 0 });
    });

    it('settles once, however often and with whatever it is told to', async () => {
      const { store } = await open();
      const reservation = await reserved(store, [money(30, 100)]);
      await Promise.all([store.settle(reservation, [10]), store.settle(reservation, [20])]);
      await store.settle(reservation, [30]);
      await store.settle('never made', [99]);
      const { used, reserved: left } = await store.read('money');
      expect([10, 20]).toContain(used);
      expect(left).toBe(0);
    });

    it('gives back what is not settled when its lease ends (R-BUD-3)', async () => {
      const { store, pass } = await open();
      const lost = await reserved(store, [money(60, 100), money(1, 1, 'calls')], 5_000);
      const kept = await reserved(store, [money(40, 100)], 50_000);
      expect(await store.reserve([money(1, 100)], LEASE_MS)).toMatchObject({ ok: false });

      await pass(5_000);
      expect(await store.read('calls')).toEqual({ used: 0, reserved: 0 });
      expect(await store.reserve([money(60, 100)], LEASE_MS)).toMatchObject({ ok: true });

      await store.settle(lost, [60, 0]);
      await store.settle(kept, [40]);
      expect(await store.read('money')).toEqual({ used: 40, reserved: 60 });
    });

    it('lets a settlement that comes after the lease has ended change nothing', async () => {
      const { store, pass } = await open();
      const late = await reserved(store, [money(60, 100)], 5_000);
      await pass(5_000);
      await store.settle(late, [60]);
      expect(await store.read('money')).toEqual({ used: 0, reserved: 0 });
    });

    it('starts a counter anew at its reset, and leaves that of the next period alone when the last one settles', async () => {
      const { store, now, pass } = await open();
      const first = now() + 1_000;
      const reservation = await reserved(store, [{ ...money(60, 100), resetsAt: first }]);
      await store.settle(await reserved(store, [{ ...money(40, 100), resetsAt: first }]), [40]);
      expect(await store.reserve([{ ...money(1, 100), resetsAt: first }], LEASE_MS)).toMatchObject({ ok: false });

      await pass(1_000);
      expect(await store.read('money')).toEqual({ used: 0, reserved: 0 });
      const again = await store.reserve([{ ...money(100, 100), resetsAt: first + 1_000 }], LEASE_MS);
      expect(again).toMatchObject({ ok: true, remaining: [0] });
      await store.settle(reservation, [60]);
      expect(await store.read('money')).toEqual({ used: 0, reserved: 100 });
    });

    it('agrees with a model of itself, whatever is done to it', async () => {
      await fc.assert(
        fc.asyncProperty(fc.commands(COMMANDS, { maxCommands: 60, size: 'max' }), async (commands) => {
          const subject = await open();
          const model: Model = { now: subject.now(), used: new Map(), leases: [] };
          await fc.asyncModelRun(() => ({ model, real: { ...subject, reservations: [] } }), commands);
        }),
        { numRuns: 200 },
      );
    });
  });
}

const LEASE_MS = 60_000;

function money(amount: number, limit: number, key = 'money'): CounterRequest {
  return { key, amount, limit, resetsAt: undefined };
}

function atOnce<T>(times: number, run: () => MaybePromise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: times }, async () => run()));
}

async function reserved(
  store: CounterStore,
  requests: readonly CounterRequest[],
  leaseMs: number = LEASE_MS,
): Promise<string> {
  const answer = await store.reserve(requests, leaseMs);
  if (!answer.ok) throw new Error(`There was no room for ${JSON.stringify(requests[answer.refused])}.`);
  return answer.reservation;
}

/** The same rules, written to be obvious: nothing is ever cleared, everything is added up when it is asked for. */
interface Model {
  now: number;
  /** By key and period. */
  readonly used: Map<string, number>;
  readonly leases: { held: readonly ReservedAmount[]; endsAt: number; settled: boolean }[];
}

interface ReservedAmount {
  readonly counter: string;
  readonly amount: number;
}

interface Real extends CounterStoreSubject {
  /** In step with the model's leases. */
  readonly reservations: string[];
}

const PERIOD_MS = 1_000;
const KEYS = { total: undefined, windowed: PERIOD_MS, other: undefined } as const;
type Key = keyof typeof KEYS;
interface Wish {
  readonly key: Key;
  readonly amount: number;
  readonly limit: number;
}

function resetsAt(key: Key, now: number): number | undefined {
  return KEYS[key] === undefined ? undefined : (Math.floor(now / PERIOD_MS) + 1) * PERIOD_MS;
}

function counterName(key: Key, now: number): string {
  return `${key}@${resetsAt(key, now)}`;
}

function standing(model: Model, key: Key): { used: number; reserved: number } {
  const counter = counterName(key, model.now);
  let reservedNow = 0;
  for (const lease of model.leases) {
    if (lease.settled || model.now >= lease.endsAt) continue;
    for (const held of lease.held) if (held.counter === counter) reservedNow += held.amount;
  }
  return { used: model.used.get(counter) ?? 0, reserved: reservedNow };
}

type Command = fc.AsyncCommand<Model, Real>;

function reserve(wishes: readonly Wish[], leaseMs: number): Command {
  return {
    check: () => true,
    toString: () => `reserve(${JSON.stringify(wishes)}, ${leaseMs})`,
    async run(model, real) {
      const answer: ReserveAnswer = await real.store.reserve(
        wishes.map((wish) => ({ ...wish, resetsAt: resetsAt(wish.key, model.now) })),
        leaseMs,
      );
      const held: ReservedAmount[] = [];
      const lease = { held, endsAt: model.now + leaseMs, settled: false };
      model.leases.push(lease);
      for (const [index, { key, amount, limit }] of wishes.entries()) {
        const { used, reserved: before } = standing(model, key);
        if (used + before + amount > limit) {
          model.leases.pop();
          expect(answer).toEqual({ ok: false, refused: index, remaining: room(model, wishes) });
          return;
        }
        held.push({ counter: counterName(key, model.now), amount });
      }
      if (!answer.ok) throw new Error(`refused ${answer.refused}, but there was room`);
      real.reservations.push(answer.reservation);
      expect(answer.remaining).toEqual(room(model, wishes));
    },
  };
}

function room(model: Model, wishes: readonly Wish[]): number[] {
  return wishes.map(({ key, limit }) => {
    const { used, reserved: held } = standing(model, key);
    return Math.max(0, limit - used - held);
  });
}

function settle(which: number, actual: readonly number[]): Command {
  return {
    check: (model) => model.leases.length > 0,
    toString: () => `settle(${which}, [${actual}])`,
    async run(model, real) {
      const index = which % model.leases.length;
      const lease = model.leases[index];
      await real.store.settle(real.reservations[index] as string, actual);
      if (lease === undefined || lease.settled || model.now >= lease.endsAt) return;
      lease.settled = true;
      for (const [at, { counter }] of lease.held.entries()) {
        model.used.set(counter, (model.used.get(counter) ?? 0) + (actual[at] as number));
      }
    },
  };
}

function pass(ms: number): Command {
  return {
    check: () => true,
    toString: () => `pass(${ms})`,
    async run(model, real) {
      await real.pass(ms);
      model.now += ms;
    },
  };
}

function read(key: Key): Command {
  return {
    check: () => true,
    toString: () => `read(${key})`,
    async run(model, real) {
      expect(await real.store.read(key)).toEqual(standing(model, key));
    },
  };
}

const aKey = fc.constantFrom<Key>('total', 'windowed', 'other');
const aWish = fc.record<Wish>({ key: aKey, amount: fc.nat(20), limit: fc.integer({ min: 10, max: 60 }) });
const COMMANDS = [
  fc
    .tuple(fc.array(aWish, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 2_000 }))
    .map(([w, ms]) => reserve(w, ms)),
  fc
    .tuple(fc.nat(50), fc.array(fc.nat(25), { minLength: 4, maxLength: 4 }))
    .map(([which, actual]) => settle(which, actual)),
  fc.nat(1_500).map(pass),
  aKey.map(read),
];
