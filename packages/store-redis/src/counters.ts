import { randomUUID } from 'node:crypto';
import { systemClock } from '@portico/core';
import type { CounterStore } from '@portico/core/store';
import { READ, RESERVE, SETTLE } from './counter-scripts.js';
import { keyPrefix, type RedisStoreOptions } from './options.js';
import { type RedisClient, run, withoutErrorEvents } from './redis-client.js';

/**
 * Counters that all instances share: every reservation, settlement and reading is one script and one round trip.
 * Exact up to 2^53 - 1. Keys expire by themselves, except those of totals, which are never reset.
 */
export function redisCounters(given: RedisClient, options: RedisStoreOptions = {}): CounterStore {
  const client = withoutErrorEvents(given);
  const { clock = systemClock } = options;
  const prefix = keyPrefix(options);
  const instance = randomUUID();
  let made = 0;

  const keysOf = (key: string) => [`${prefix}counter:${key}`, `${prefix}leases:${key}`];

  return {
    async reserve(requests, leaseMs) {
      const id = `${instance}.${made++}`;
      const now = clock.now();
      const keys: string[] = [];
      const parameters = [id, whole(leaseMs)];
      const held: string[] = [id];
      for (const { key, amount, limit, resetsAt } of requests) {
        keys.push(...keysOf(key));
        parameters.push(whole(amount), wholeLimit(limit));
        if (resetsAt === undefined) parameters.push('', '');
        else parameters.push(whole(resetsAt), whole(resetsAt - now));
        held.push(key, whole(amount));
      }
      const answer = (await run(client, RESERVE, keys, parameters)) as readonly unknown[]; // as the script returns it
      const [refused = -1, ...remaining] = answer.map(Number);
      if (refused !== -1) return { ok: false, refused, remaining };
      return { ok: true, reservation: JSON.stringify(held), remaining };
    },

    async settle(reservation, actual) {
      const held = reservedBy(reservation);
      if (held === undefined) return;
      const keys: string[] = [];
      const parameters: string[] = [];
      for (const [index, { key, amount }] of held.requests.entries()) {
        keys.push(...keysOf(key));
        parameters.push(`${held.id}:${index}:${amount}`, amount, whole(actual[index] ?? 0));
      }
      await run(client, SETTLE, keys, parameters);
    },

    async read(key) {
      const answer = (await run(client, READ, keysOf(key), [])) as readonly unknown[]; // as the script returns it
      const [used = 0, reserved = 0] = answer.map(Number);
      return { used, reserved };
    },
  };
}

/** The name of a reservation contains what it reserved, so that it can be settled without any other state. */
function reservedBy(reservation: string): { id: string; requests: { key: string; amount: string }[] } | undefined {
  let held: unknown;
  try {
    held = JSON.parse(reservation);
  } catch {
    return undefined; // made by another store, or invalid
  }
  if (!Array.isArray(held)) return undefined;
  const [id, ...rest] = held as [string, ...string[]]; // as `reserve` wrote it
  const requests = [];
  for (let at = 0; at < rest.length; at += 2) requests.push({ key: rest[at] ?? '', amount: rest[at + 1] ?? '0' });
  return { id, requests };
}

/** As Redis counts: NaN counts as zero, and fractions are rounded up. */
function whole(value: number): string {
  return String(Math.min(Math.max(Math.ceil(value) || 0, 0), Number.MAX_SAFE_INTEGER));
}

/** A limit of NaN rejects everything instead of allowing it. */
function wholeLimit(value: number): string {
  return Number.isNaN(value) || value < 0 ? '-1' : String(Math.min(Math.floor(value), Number.MAX_SAFE_INTEGER));
}
