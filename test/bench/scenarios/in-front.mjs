import { median } from '../statistics.mjs';
import { valueCheck } from '../verdict.mjs';

const WARM_UP_STREAMS = 1_000;
const CHUNKS = 4;
const PACE_MS = 1;
const HOSTS = [
  ['Express', 'dressed-express'],
  ['Koa', 'dressed-koa'],
  ['Fastify', 'dressed-fastify'],
  ['Nest on Express', 'dressed-nest-express'],
];
const LIMIT_MS = 10;

/** When the first token passes what people have in front, compression above all, for a client that takes gzip and br. */
export const inFront = {
  name: 'in-front',
  async run(bench) {
    const rounds = bench.quick ? 2 : 3;
    const count = bench.quick ? 100 : 200;
    const targets = await bench.startTargets(['direct', ...HOSTS.map(([, name]) => name)]);
    const measured = targets.map(({ name, label }) => ({ name, label, firstToken: [] }));
    await bench.upstream.ask('behave', { chunks: CHUNKS, paceMs: PACE_MS });
    for (const target of targets) {
      await bench.client.ask('open', target.url, 8);
      await bench.client.ask('streams', WARM_UP_STREAMS, CHUNKS, 0);
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, target] of targets.entries()) {
        await bench.client.ask('open', target.url, 1);
        measured[index].firstToken.push(await bench.client.ask('streams', count, CHUNKS, 0));
      }
    }
    for (const target of targets) target.stop();
    await bench.client.ask('close');

    const [direct] = measured;
    const added = (name, percentile) => {
      const through = measured.find((entry) => entry.name === name)?.firstToken;
      return through && median(through.map((each, round) => each[percentile] - direct.firstToken[round][percentile]));
    };
    return {
      title: 'First token behind compression, helmet, cors and a logger: ms more than straight from the upstream',
      head: ['host', 'p50', 'p99'],
      rows: measured.slice(1).map(({ name, label }) => [label, added(name, 'p50Ms'), added(name, 'p99Ms')]),
      checks: HOSTS.map(([host, name]) =>
        valueCheck(`added to the first token behind compression, p99, ${host}`, {
          value: added(name, 'p99Ms'),
          unit: 'ms',
          limit: LIMIT_MS,
        }),
      ),
      raw: measured,
    };
  },
};
