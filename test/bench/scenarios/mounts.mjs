import { cpuMicrosDuring } from '../bench.mjs';
import { valueCheck } from '../verdict.mjs';

const CONCURRENCY = 32;
const WARM_UP_CALLS = 6_000;
const PRIMING_CALLS = 320;
const FORGOTTEN_ROUNDS = 1;

/** Each host as a mount and as its own empty handler, which reads the request and answers with a kilobyte. */
const HOSTS = [
  ['Express', 'mount-express', 'empty-express'],
  ['Koa', 'mount-koa', 'empty-koa'],
  ['Fastify', 'mount-fastify', 'empty-fastify'],
  ['Nest on Express', 'mount-nest-express', 'empty-nest-express'],
  ['Nest on Fastify', 'mount-nest-fastify', 'empty-nest-fastify'],
];

/** The most that a mount itself may cost, in microseconds of CPU. */
const LIMIT_MICROS = 15;

/**
 * What a mount itself costs: what its host with the gateway takes beyond the gateway on bare Node, less what the host's
 * own empty handler takes beyond Node's.
 */
export const mounts = {
  name: 'mounts',
  async run(bench) {
    const rounds = bench.quick ? 3 : 7;
    const count = 2_000;
    await bench.upstream.ask('behave', { delayMs: 0 });
    const targets = await bench.startTargets(['mount-node', 'empty-node', ...HOSTS.flatMap(([, ...names]) => names)]);
    const micros = new Map(targets.map(({ name }) => [name, []]));
    for (const target of targets) {
      await bench.client.ask('open', target.url, CONCURRENCY);
      await bench.client.ask('calls', WARM_UP_CALLS);
    }
    for (let round = -FORGOTTEN_ROUNDS; round < rounds; round += 1) {
      for (const target of targets) {
        await bench.client.ask('open', target.url, CONCURRENCY);
        await bench.client.ask('calls', PRIMING_CALLS);
        const taken = await cpuMicrosDuring(target, () => bench.client.ask('calls', count));
        if (round >= 0) micros.get(target.name).push(taken.micros / count);
      }
    }
    for (const target of targets) target.stop();
    await bench.client.ask('close');

    // The least of the rounds: whatever else the machine does only ever adds, and here four figures come together.
    const least = (name) => Math.min(...(micros.get(name) ?? []));
    const own = ([, mount, empty]) => {
      if (!micros.has(mount) || !micros.has(empty)) return undefined;
      return least(mount) - least('mount-node') - (least(empty) - least('empty-node'));
    };
    const row = (label, mount, empty) => [label, least(mount), least(empty)];
    return {
      title: `Mounts: CPU per call, ${CONCURRENCY} at a time, the least of ${rounds} rounds of ${count} calls`,
      head: ['host', 'gateway µs/call', 'empty handler µs/call', 'the mount itself µs'],
      rows: [
        [...row('bare node:http', 'mount-node', 'empty-node'), '-'],
        ...HOSTS.map((host) => [...row(...host), own(host) ?? '-']),
      ],
      checks: HOSTS.map((host) =>
        valueCheck(`CPU of the mount itself, ${host[0]}`, { value: own(host), unit: 'µs', limit: LIMIT_MICROS }),
      ),
      raw: Object.fromEntries(micros),
    };
  },
};
