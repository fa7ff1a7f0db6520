import { median } from '../statistics.mjs';
import { valueCheck } from '../verdict.mjs';

const HOSTS = [
  ['node:http', 'mount-node'],
  ['Express', 'mount-express'],
  ['Koa', 'mount-koa'],
  ['Fastify', 'mount-fastify'],
  ['Nest on Express', 'mount-nest-express'],
  ['Nest on Fastify', 'mount-nest-fastify'],
];
const STILL_MS = 400;
const LIMITS = { leftMs: 250, heldMegabytes: 16 };

/** What a client costs that leaves, and one that stays and does not read. */
export const leaving = {
  name: 'leaving',
  async run(bench) {
    const count = bench.quick ? 20 : 50;
    const targets = await bench.startTargets(HOSTS.map(([, name]) => name));
    const measured = [];
    for (const target of targets) {
      await bench.upstream.ask('behave', { chunks: 100_000, paceMs: 10 });
      const leftMs = [];
      for (let call = 0; call < count; call += 1) {
        await bench.client.ask('open', target.url, 1);
        const leftAt = await bench.client.ask('leave');
        leftMs.push((await bench.upstream.ask('nextLeaving', leftAt)) - leftAt);
      }

      await bench.upstream.ask('behave', { isFlood: true });
      const before = await target.ask('heldMemory');
      await bench.client.ask('open', target.url, 1);
      await bench.client.ask('stare');
      await standstill();
      const held = await target.ask('heldMemory');
      await bench.client.ask('close');
      await bench.upstream.ask('behave', { isFlood: false });
      const { name } = target;
      measured.push({ name, leftMs, heap: (held.heap - before.heap) / 1e6, rss: (held.rss - before.rss) / 1e6 });
      target.stop();
    }

    const found = (name) => measured.find((entry) => entry.name === name);
    const labelOf = (name) => targets.find((target) => target.name === name).label;
    return {
      title: `A client that leaves (${count} times): ms until its upstream is closed. One that does not read: MB held of 400`,
      head: ['host', 'left, median ms', 'max', 'held, heap and buffers MB', 'resident'],
      rows: measured.map(({ name, leftMs, heap, rss }) => [
        labelOf(name),
        median(leftMs),
        Math.max(...leftMs),
        heap,
        rss,
      ]),
      checks: HOSTS.flatMap(([host, name]) => [
        valueCheck(`upstream closed after its client left, at most, ${host}`, {
          value: found(name) && Math.max(...found(name).leftMs),
          unit: 'ms',
          limit: LIMITS.leftMs,
        }),
        valueCheck(`held of 400 MB nobody reads, ${host}`, {
          value: found(name)?.heap,
          unit: 'MB',
          limit: LIMITS.heldMegabytes,
        }),
      ]),
      raw: measured,
    };

    async function standstill() {
      for (let before = -1, now = 0; before !== now; ) {
        before = now;
        await new Promise((resolve) => setTimeout(resolve, STILL_MS));
        now = await bench.upstream.ask('flooded');
      }
    }
  },
};
