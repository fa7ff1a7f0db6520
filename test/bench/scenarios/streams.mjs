import { cpuMicrosDuring } from '../bench.mjs';
import { median } from '../statistics.mjs';
import { ratioCheck } from '../verdict.mjs';

const STREAMS = 256;
const PACE_MS = 20;
const STAGGER_MS = 500;
const WARM_UP_CHUNKS = 40;
/** Events per read of the client. Merged chunks cost next to nothing and flatter whoever was late: no ratio is made of such rounds. */
const MERGED = 1.2;
/** Whose ratio was promised; the others are there for comparison, and one round of them is enough. */
const IN_EVERY_ROUND = ['dispatch', 'gateway-node'];

/** Streams side by side, paced so that no chunk catches up with another: CPU per chunk, and first tokens under that load. */
export const streams = {
  name: 'streams',
  async run(bench) {
    const rounds = bench.quick ? 2 : 3;
    const chunks = bench.quick ? 100 : 200;
    const targets = await bench.startTargets([
      'direct',
      'dispatch',
      'express-by-hand',
      'gateway-node',
      'gateway-express',
    ]);
    const measured = targets.map(({ name, label }) => ({
      name,
      label,
      cpuMicros: [],
      firstTokenP50Ms: [],
      firstTokenP99Ms: [],
      eventsPerRead: [],
      rss: 0,
    }));

    for (const target of targets) await take(target, WARM_UP_CHUNKS);
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, target] of targets.entries()) {
        if (round > 0 && !IN_EVERY_ROUND.includes(target.name)) continue;
        const { micros, result } = await take(target, chunks);
        measured[index].cpuMicros.push(micros / (STREAMS * chunks));
        measured[index].firstTokenP50Ms.push(result.p50Ms);
        measured[index].firstTokenP99Ms.push(result.p99Ms);
        measured[index].eventsPerRead.push(result.eventsPerRead);
      }
    }
    for (const [index, target] of targets.entries()) {
      measured[index].rss = await target.ask('rss');
      target.stop();
    }
    await bench.client.ask('close');

    return {
      title: `Streams: ${STREAMS} at a time, ${chunks} chunks of 262 bytes, one each ${PACE_MS} ms, ${rounds} rounds`,
      head: ['target', 'CPU µs/chunk', 'min', 'max', 'first token p50 ms', 'p99 ms', 'events/read', 'RSS MB'],
      rows: measured.map(({ name, label, cpuMicros, firstTokenP50Ms, firstTokenP99Ms, eventsPerRead, rss }) => {
        const cpu =
          name === 'direct' ? ['-', '-', '-'] : [median(cpuMicros), Math.min(...cpuMicros), Math.max(...cpuMicros)];
        return [
          label,
          ...cpu,
          median(firstTokenP50Ms),
          median(firstTokenP99Ms),
          median(eventsPerRead),
          name === 'direct' ? '-' : rss / 1e6,
        ];
      }),
      checks: [
        ratioCheck('CPU per streamed chunk, node:http / dispatch', {
          ...soundRounds('gateway-node', 'dispatch'),
          limit: 1.3,
        }),
        ratioCheck(
          'CPU per streamed chunk, Express, everything on / Express by hand',
          soundRounds('gateway-express', 'express-by-hand'),
        ),
      ],
      warning: measured.some(({ eventsPerRead }) => Math.max(...eventsPerRead) > MERGED)
        ? 'Chunks caught up with one another, so some rounds are in no ratio: is the machine busy with something else?'
        : undefined,
      raw: measured,
    };

    async function take(target, count) {
      await bench.upstream.ask('behave', { chunks: count, paceMs: PACE_MS });
      await bench.client.ask('open', target.url, STREAMS);
      return cpuMicrosDuring(target, () => bench.client.ask('streams', STREAMS, count, STAGGER_MS));
    }

    function soundRounds(name, floorName) {
      const entry = measured.find((candidate) => candidate.name === name);
      const floor = measured.find((candidate) => candidate.name === floorName);
      if (entry === undefined || floor === undefined) return {};
      const isSound = (_, round) => entry.eventsPerRead[round] <= MERGED && floor.eventsPerRead[round] <= MERGED;
      return { of: entry.cpuMicros.filter(isSound), to: floor.cpuMicros.filter(isSound) };
    }
  },
};
