// What two instances on one Redis cost each other: how long until one knows of the other's rest, and what a call waits for a
// reservation. `node test/bench/shared-stores.mjs [redis://…]`; without an address it starts a redis-server of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redisStores } from '@portico/store-redis';
import { createClient } from '@redis/client';

const ROUNDS = 500;
const PORT = 7399;

const folder = mkdtempSync(join(tmpdir(), 'portico-redis-'));
const server = process.argv[2] === undefined ? await startRedis() : undefined;
const url = process.argv[2] ?? `redis://127.0.0.1:${PORT}`;
const clients = [await createClient({ url }).connect(), await createClient({ url }).connect()];
const [one, other] = clients.map((client) => redisStores(client, { prefix: `bench ${process.pid}` }));

let heard = () => {};
const stop = other.cooldowns.watch(() => heard());
const told = [];
// The first ones only show that the other has begun to listen.
for (let round = -20; round < ROUNDS; round++) {
  const hears = new Promise((resolve) => {
    heard = resolve;
  });
  const startedAt = performance.now();
  await one.cooldowns.rest(`deployment ${round}`, Date.now() + 60_000);
  await Promise.race([hears, new Promise((resolve) => setTimeout(resolve, 1_000))]);
  if (round >= 0) told.push(performance.now() - startedAt);
}
stop();
report(`a rest is known to the other instance (${ROUNDS} rests)`, told);

const limits = ['requests', 'tokens', 'budget'].map((key) => ({
  key,
  amount: 1,
  limit: 1e9,
  resetsAt: Date.now() + 60_000,
}));
const waits = [];
for (let round = 0; round < ROUNDS * 4; round++) {
  const startedAt = performance.now();
  const { reservation } = await one.counters.reserve(limits, 60_000);
  waits.push(performance.now() - startedAt);
  await one.counters.settle(reservation, [1, 1, 1]);
}
report(`three limits are reserved, one call at a time (${waits.length} calls)`, waits);

for (const client of clients) client.destroy();
server?.kill();
rmSync(folder, { recursive: true });

function report(what, times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(2);
  console.log(`${what}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms`);
}

async function startRedis() {
  const settings = ['--port', PORT, '--bind', '127.0.0.1', '--save', '', '--dir', folder].map(String);
  const child = spawn(process.env.REDIS_SERVER_PATH ?? 'redis-server', settings, {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for (let text = ''; !text.includes('Ready to accept'); ) text += (await once(child.stdout, 'data')).toString();
  child.stdout.resume();
  return child;
}
