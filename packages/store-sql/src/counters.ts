import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from '@portico/core';
import type { CounterHistory, CounterRequest, CounterStore, ReserveAnswer } from '@portico/core/store';
import type { ReservedAmount, Want } from './counter-tables.js';
import { openPostgresCounters } from './counters-postgres.js';
import { openSqliteCounters } from './counters-sqlite.js';
import type { Database } from './database.js';

export interface SqlCounterOptions {
  /** Without it, counters that were lost begin at zero. */
  readonly history?: CounterHistory | undefined;
  /**
   * Whose time leases and periods end by. Default: on Postgres the server's own, one clock for all instances; on SQLite
   * this machine's.
   */
  readonly clock?: Clock | undefined;
}

const RESERVES_A_SWEEP = 10_000;
const MOST_REBUILDS = 3;

/** Counters in the database: exact up to 2^53 - 1, one round trip for each reservation and settlement. */
export function countersIn(database: Database, options: SqlCounterOptions): CounterStore {
  const { history, clock } = options;
  const tables =
    database.dialect === 'postgres'
      ? openPostgresCounters(database)
      : openSqliteCounters(database, (clock ?? database.clock).now);
  let untilSweep = RESERVES_A_SWEEP;

  async function rebuild(requests: readonly CounterRequest[], missing: readonly boolean[]): Promise<void> {
    const lost = requests.filter((_, index) => missing[index]);
    const used = (await history?.usedIn(lost)) ?? [];
    await tables.seed(
      lost.map(({ key, resetsAt }, index) => ({ key: keptKey(key), used: whole(used[index] ?? 0), resetsAt })),
    );
  }

  async function reserve(requests: readonly CounterRequest[], leaseMs: number): Promise<ReserveAnswer> {
    const now = clock?.now();
    const id = randomUUID();
    const lease = whole(leaseMs);
    const wants = requests.map((request) => toWant(request, history));
    for (let rebuilds = 0; ; rebuilds++) {
      const answer = await tables.reserve(id, lease, wants, now);
      if ('missing' in answer) {
        if (rebuilds === MOST_REBUILDS) throw new Error('Counters are lost as fast as they are rebuilt.');
        await rebuild(requests, answer.missing);
        continue;
      }
      const { refused, epoch, remaining } = answer;
      if (refused !== -1) return { ok: false, refused, remaining };
      // Only to tell that a settlement is much too late, so the clock of this machine will do.
      const endsAt = (now ?? database.clock.now()) + lease;
      const reservation = JSON.stringify([id, epoch, endsAt, ...wants.map(({ key }) => key)]);
      return { ok: true, reservation, remaining };
    }
  }

  return {
    reserve(requests, leaseMs) {
      untilSweep -= 1;
      if (untilSweep === 0) {
        untilSweep = RESERVES_A_SWEEP;
        // What is not swept now is swept next time.
        void tables.sweep(clock?.now()).catch(() => {});
      }
      return reserve(requests, leaseMs);
    },

    async settle(reservation, actual) {
      const held = parseReservation(reservation);
      if (held === undefined) return;
      await tables.settle(
        held,
        held.keys.map((_, index) => whole(actual[index] ?? 0)),
        clock?.now(),
      );
    },

    read: (key) => tables.read(keptKey(key), clock?.now()),
  };
}

function toWant(request: CounterRequest, history: CounterHistory | undefined): Want {
  const { key, amount, limit, resetsAt } = request;
  const startsAt = history?.startOf(request);
  return {
    key: keptKey(key),
    amount: whole(amount),
    limit: wholeLimit(limit),
    resetsAt: resetsAt === undefined ? undefined : whole(resetsAt),
    startsAt: startsAt === undefined ? undefined : whole(startsAt),
  };
}

function parseReservation(reservation: string): ReservedAmount | undefined {
  let held: unknown;
  try {
    held = JSON.parse(reservation);
  } catch {
    return undefined; // made by another store, or by nobody
  }
  if (!Array.isArray(held)) return undefined;
  const [id, epoch, endsAt, ...keys] = held as [string, number, number, ...string[]]; // as `reserve` wrote it
  return { id, epoch, endsAt, keys };
}

const LONGEST_KEY = 600;

/** A key as an index can hold it, and never the one of the row that is no counter. */
function keptKey(key: string): string {
  if (key.length <= LONGEST_KEY && !/\0|\p{Surrogate}/u.test(key)) return `=${key}`;
  return `#${createHash('sha256').update(JSON.stringify(key)).digest('hex')}`;
}

/** What is no number counts nothing, and a part of one is a whole. */
function whole(value: number): number {
  return Math.min(Math.max(Math.ceil(value) || 0, 0), Number.MAX_SAFE_INTEGER);
}

/** A limit that is no number lets nothing pass, rather than everything. */
function wholeLimit(value: number): number {
  return Number.isNaN(value) || value < 0 ? -1 : Math.min(Math.floor(value), Number.MAX_SAFE_INTEGER);
}
