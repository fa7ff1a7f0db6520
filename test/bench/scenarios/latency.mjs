import { median } from '../statistics.mjs';

const WARM_UP_CALLS = 4_000;
const LOADED_CONCURRENCY = 16;
const LOADED_DELAY_MS = 20;
const STREAM_CHUNKS = 4;
const STREAM_PACE_MS = 1;

/** What a target adds to the time a client waits: one call at a time, under an everyday load, and to first tokens. */
export const latency = {
  name: 'latency',
  async run(bench) {
    const rounds = bench.quick ? 2 : 3;
    const count = bench.quick ? 400 : 600;
    const targets = await bench.startTargets([
      'direct',
      'dispatch',
      'express-by-hand',
      'gateway-node',
      'gateway-express',
    ]);
    const measured = targets.map(({ name, label }) => ({ name, label, single: [], loaded: [], firstToken: [] }));

    await bench.upstream.ask('behave', { chunks: STREAM_CHUNKS, paceMs: STREAM_PACE_MS });
    for (const target of targets) {
      await bench.client.ask('open', target.url, LOADED_CONCURRENCY);
      await bench.client.ask('calls', WARM_UP_CALLS);
      await bench.client.ask('streams', WARM_UP_CALLS / 4, STREAM_CHUNKS, 0);
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, target] of targets.entries()) {
        await bench.client.ask('open', target.url, 1);
        await bench.client.ask('calls', 100);
        measured[index].single.push(await bench.client.ask('calls', count));
        measured[index].firstToken.push(await bench.client.ask('streams', count / 4, STREAM_CHUNKS, 0));
        await bench.upstream.ask('behave', { delayMs: LOADED_DELAY_MS });
        await bench.client.ask('open', target.url, LOADED_CONCURRENCY);
        await bench.client.ask('calls', 100);
        measured[index].loaded.push(await bench.client.ask('calls', count));
        await bench.upstream.ask('behave', { delayMs: 0 });
      }
    }
    for (const target of targets) target.stop();
    await bench.client.ask('close');

    const direct = times(measured[0]);
    return {
      title: `Added time over direct in ms: one call at a time; ${LOADED_CONCURRENCY} at a time on an upstream that takes ${LOADED_DELAY_MS} ms; first token of a stream`,
      head: ['target', 'alone p50', 'p99', `${LOADED_CONCURRENCY} at a time p50`, 'p99', 'first token p50', 'p99'],
      rows: measured.map((entry, index) => [
        index === 0 ? `${entry.label} (whole)` : entry.label,
        ...times(entry).map((time, column) => (index === 0 ? time : time - direct[column])),
      ]),
      checks: [],
      raw: measured,
    };
  },
};

function times({ single, loaded, firstToken }) {
  return [single, loaded, firstToken].flatMap((rounds) => [
    median(rounds.map(({ p50Ms }) => p50Ms)),
    median(rounds.map(({ p99Ms }) => p99Ms)),
  ]);
}
