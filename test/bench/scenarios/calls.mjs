import { cpuMicrosDuring } from '../bench.mjs';
import { median } from '../statistics.mjs';
import { ratioCheck } from '../verdict.mjs';

const CONCURRENCY = 32;
const WARM_UP_CALLS = 6_000;
/** Before each measured round, on its fresh connections. */
const PRIMING_CALLS = 320;
/** The first rounds after the warm-up still pay for code that is optimised anew; they are run and forgotten. */
const FORGOTTEN_ROUNDS = 2;
const FORGOTTEN_CALLS = 1_000;

/** JSON calls as fast as the target can: CPU per call, calls per second, RSS afterwards. */
export const calls = {
  name: 'calls',
  async run(bench) {
    const rounds = bench.quick ? 3 : 9;
    const count = 2_000;
    await bench.upstream.ask('behave', { delayMs: 0 });
    const targets = await bench.startTargets([
      'direct',
      'dispatch',
      'express-by-hand',
      'gateway-node',
      'gateway-node-full',
      'gateway-express',
    ]);
    const measured = targets.map(({ name, label }) => ({ name, label, cpuMicros: [], callsPerSecond: [], rss: 0 }));

    for (const target of targets) {
      await bench.client.ask('open', target.url, CONCURRENCY);
      await bench.client.ask('calls', WARM_UP_CALLS);
    }
    for (let round = -FORGOTTEN_ROUNDS; round < rounds; round += 1) {
      for (const [index, target] of targets.entries()) {
        await bench.client.ask('open', target.url, CONCURRENCY);
        await bench.client.ask('calls', PRIMING_CALLS);
        if (round < 0) {
          await bench.client.ask('calls', FORGOTTEN_CALLS);
          continue;
        }
        const { micros, result } = await cpuMicrosDuring(target, () => bench.client.ask('calls', count));
        measured[index].cpuMicros.push(micros / count);
        measured[index].callsPerSecond.push(count / (result.elapsedMs / 1_000));
      }
    }
    for (const [index, target] of targets.entries()) {
      measured[index].rss = await target.ask('rss');
      target.stop();
    }
    await bench.client.ask('close');

    return {
      title: `JSON calls: 1 KB asked, 1 KB answered, ${CONCURRENCY} at a time, ${rounds} rounds of ${count} calls`,
      head: ['target', 'CPU µs/call', 'min', 'max', 'calls/s', 'RSS MB'],
      rows: measured.map(({ name, label, cpuMicros, callsPerSecond, rss }) => {
        const cpu =
          name === 'direct' ? ['-', '-', '-'] : [median(cpuMicros), Math.min(...cpuMicros), Math.max(...cpuMicros)];
        return [label, ...cpu, Math.round(median(callsPerSecond)), name === 'direct' ? '-' : rss / 1e6];
      }),
      checks: [
        ratioCheck('CPU per call, Express, everything on / Express by hand', {
          of: find('gateway-express'),
          to: find('express-by-hand'),
          limit: 0.9,
          goal: 0.7,
        }),
        ratioCheck('CPU per call, node:http / dispatch', { of: find('gateway-node'), to: find('dispatch'), limit: 2 }),
        ratioCheck('CPU per call, node:http, everything on / dispatch', {
          of: find('gateway-node-full'),
          to: find('dispatch'),
        }),
      ],
      raw: measured,
    };

    function find(name) {
      return measured.find((entry) => entry.name === name)?.cpuMicros;
    }
  },
};
