import { randomUUID } from 'node:crypto';
import { systemClock } from '@portico/core';
import type { CounterHistory, CounterRequest, CounterStore, ReserveAnswer } from '@portico/core/store';
import { READ, RESERVE, RESERVE_KNOWN, SEED, SETTLE, SETTLE_LOST } from './counter-scripts.js';
import { keyPrefix, type RedisStoreOptions } from './options.js';
import { type RedisClient, run, withoutErrorEvents } from './redis-client.js';

export interface RedisCounterOptions extends RedisStoreOptions {
  /**
   * What counters are rebuilt from that Redis has lost: `counterHistory(ledger)`. Redis forgets them when it is flushed, restarts
   * without its data or fails over to an empty replica; then each is rebuilt before the first call is admitted under it. Without
   * it, counters that were lost begin at zero.
   */
  readonly history?: CounterHistory | undefined;
}

const MOST_REBUILDS = 3;

/**
 * Counters that all instances share: every reservation, settlement and reading is one script and one round trip.
 * Exact up to 2^53 - 1. Keys expire by themselves, except those of totals, which are never reset.
 */
export function redisCounters(given: RedisClient, options: RedisCounterOptions = {}): CounterStore {
  const client = withoutErrorEvents(given);
  const { clock = systemClock, history } = options;
  const prefix = keyPrefix(options);
  const epochKey = `${prefix}epoch`;
  const instance = randomUUID();
  let made = 0;

  const keysOf = (key: string) => [`${prefix}counter:${key}`, `${prefix}leases:${key}`];

  async function reserve(requests: readonly CounterRequest[], leaseMs: number): Promise<ReserveAnswer> {
    const id = `${instance}.${made++}`;
    const now = clock.now();
    const keys: string[] = [];
    const parameters = [id, whole(leaseMs)];
    const held: ReservationPayload['requests'] = [];
    for (const { key, amount, limit, resetsAt } of requests) {
      keys.push(...keysOf(key));
      parameters.push(whole(amount), wholeLimit(limit), ...resetOf(resetsAt, now));
      held.push([key, whole(amount)]);
    }
    const asked = history === undefined ? askPlain : askKnown(history);
    const { refused, remaining, epoch } = await asked(requests, keys, parameters);
    if (refused !== -1) return { ok: false, refused, remaining };
    const reservation: ReservationPayload = {
      id,
      requests: held,
      ...(epoch !== undefined && { epoch, endsAt: now + leaseMs }),
    };
    return { ok: true, reservation: JSON.stringify(reservation), remaining };
  }

  async function askPlain(
    _requests: readonly CounterRequest[],
    keys: readonly string[],
    parameters: readonly string[],
  ): Promise<Reserved> {
    const answer = (await run(client, RESERVE, keys, parameters)) as readonly unknown[]; // as the script returns it
    const [refused = -1, ...remaining] = answer.map(Number);
    return { refused, remaining, epoch: undefined };
  }

  function askKnown({ startOf, usedIn }: CounterHistory): typeof askPlain {
    return async (requests, keys, parameters) => {
      const starts = requests.map((request) => {
        const startsAt = startOf(request);
        return startsAt === undefined ? '' : whole(startsAt);
      });
      for (let rebuilds = 0; ; rebuilds += 1) {
        const script = await run(client, RESERVE_KNOWN, [...keys, epochKey], [...parameters, ...starts]);
        const [refused = -1, ...rest] = (script as readonly unknown[]).map(Number); // as the script returns it
        if (refused !== -2) return { refused, remaining: rest.slice(0, -1), epoch: String(rest.at(-1)) };
        if (rebuilds === MOST_REBUILDS) throw new Error('Counters are lost as fast as they are rebuilt.');
        const lost = requests.filter((_, index) => rest[index] === 1);
        await seed(lost, await usedIn(lost));
      }
    };
  }

  async function seed(lost: readonly CounterRequest[], used: readonly number[]): Promise<void> {
    const now = clock.now();
    await run(
      client,
      SEED,
      lost.flatMap(({ key }) => keysOf(key)),
      lost.flatMap(({ resetsAt }, index) => [whole(used[index] ?? 0), ...resetOf(resetsAt, now)]),
    );
  }

  return {
    reserve,

    async settle(reservation, actual) {
      const held = parseReservation(reservation);
      if (held === undefined) return;
      const { id, requests, epoch, endsAt } = held;
      const settled = await run(
        client,
        SETTLE,
        requests.flatMap(([key]) => keysOf(key)),
        requests.flatMap(([, amount], index) => [`${id}:${index}:${amount}`, amount, whole(actual[index] ?? 0)]),
      );
      if (epoch === undefined || endsAt === undefined || Number(settled) > 0 || clock.now() >= endsAt) return;
      const counters = requests.map(([key]) => keysOf(key)[0] ?? '');
      await run(client, SETTLE_LOST, [epochKey, ...counters], [epoch, ...actual.map(whole)]);
    },

    async read(key) {
      const answer = (await run(client, READ, keysOf(key), [])) as readonly unknown[]; // as the script returns it
      const [used = 0, reserved = 0] = answer.map(Number);
      return { used, reserved };
    },
  };
}

interface Reserved {
  readonly refused: number;
  readonly remaining: number[];
  /** Undefined where nothing is rebuilt. */
  readonly epoch: string | undefined;
}

/** What a reservation holds, in its name, so that it can be settled without any other state. */
interface ReservationPayload {
  readonly id: string;
  /** Key and amount of each. */
  readonly requests: [key: string, amount: string][];
  /** Since when Redis knew everything as it was made, and when it ends; only where counters are rebuilt. */
  readonly epoch?: string;
  readonly endsAt?: number;
}

function parseReservation(reservation: string): ReservationPayload | undefined {
  try {
    const held: unknown = JSON.parse(reservation);
    const isOwn = typeof held === 'object' && held !== null && 'id' in held && 'requests' in held;
    return isOwn ? (held as ReservationPayload) : undefined; // as `reserve` wrote it
  } catch {
    return undefined; // made by another store, or invalid
  }
}

/** When a counter is reset by the caller's clock, and in how many milliseconds; both empty if it never is. */
function resetOf(resetsAt: number | undefined, now: number): [string, string] {
  return resetsAt === undefined ? ['', ''] : [whole(resetsAt), whole(resetsAt - now)];
}

/** As Redis counts: NaN counts as zero, and fractions are rounded up. */
function whole(value: number): string {
  return String(Math.min(Math.max(Math.ceil(value) || 0, 0), Number.MAX_SAFE_INTEGER));
}

/** A limit of NaN rejects everything instead of allowing it. */
function wholeLimit(value: number): string {
  return Number.isNaN(value) || value < 0 ? '-1' : String(Math.min(Math.floor(value), Number.MAX_SAFE_INTEGER));
}
