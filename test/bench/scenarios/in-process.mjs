import { cpuMicrosDuring } from '../bench.mjs';
import { median } from '../statistics.mjs';
import { ratioCheck } from '../verdict.mjs';

const CONCURRENCY = 32;
const WARM_UP_CALLS = 4_000;
const FORGOTTEN_ROUNDS = 1;

/** The official client in one process, with and without the gateway between it and the upstream. */
export const inProcess = {
  name: 'in-process',
  async run(bench) {
    const rounds = bench.quick ? 3 : 7;
    const count = 1_000;
    await bench.upstream.ask('behave', { delayMs: 0 });
    const targets = await bench.startTargets(['in-process-direct', 'in-process']);
    const measured = targets.map(({ name, label }) => ({ name, label, cpuMicros: [], callsPerSecond: [] }));

    for (const target of targets) await target.ask('drive', WARM_UP_CALLS, CONCURRENCY);
    for (let round = -FORGOTTEN_ROUNDS; round < rounds; round += 1) {
      for (const [index, target] of targets.entries()) {
        const { micros, result } = await cpuMicrosDuring(target, () => target.ask('drive', count, CONCURRENCY));
        if (round < 0) continue;
        measured[index].cpuMicros.push(micros / count);
        measured[index].callsPerSecond.push(count / (result.elapsedMs / 1_000));
      }
    }
    for (const target of targets) target.stop();

    return {
      title: `In-process: official openai client, JSON calls, ${CONCURRENCY} at a time, ${rounds} rounds of ${count} calls`,
      head: ['target', 'CPU µs/call', 'min', 'max', 'calls/s'],
      rows: measured.map(({ label, cpuMicros, callsPerSecond }) => [
        label,
        median(cpuMicros),
        Math.min(...cpuMicros),
        Math.max(...cpuMicros),
        Math.round(median(callsPerSecond)),
      ]),
      checks: [
        ratioCheck('CPU per in-process call / client straight to the upstream', {
          of: measured.find(({ name }) => name === 'in-process')?.cpuMicros,
          to: measured.find(({ name }) => name === 'in-process-direct')?.cpuMicros,
          limit: 1.2,
          goal: 1,
        }),
      ],
      raw: measured,
    };
  },
};
