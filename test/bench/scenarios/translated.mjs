import { cpuMicrosDuring } from '../bench.mjs';
import { median } from '../statistics.mjs';
import { ratioCheck } from '../verdict.mjs';

const CONCURRENCY = 32;
const STREAMS = 256;
const PACE_MS = 20;
const STAGGER_MS = 500;

/** A model that speaks Anthropic's wire asked by clients of OpenAI's, against one whose wire passes through. */
export const translated = {
  name: 'translated',
  async run(bench) {
    const rounds = bench.quick ? 2 : 5;
    const chunks = 100;
    const count = 2_000;
    await bench.upstream.ask('behave', { delayMs: 0, chunks, paceMs: PACE_MS });
    const targets = await bench.startTargets(['gateway-node', 'gateway-node-translated']);
    const measured = targets.map(({ name, label }) => ({ name, label, perCall: [], perChunk: [] }));
    for (const target of targets) {
      await bench.client.ask('open', target.url, CONCURRENCY);
      await bench.client.ask('calls', 6_000);
      await bench.client.ask('open', target.url, STREAMS);
      await bench.client.ask('streams', STREAMS, chunks, STAGGER_MS);
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, target] of targets.entries()) {
        await bench.client.ask('open', target.url, CONCURRENCY);
        await bench.client.ask('calls', 320);
        const whole = await cpuMicrosDuring(target, () => bench.client.ask('calls', count));
        await bench.client.ask('open', target.url, STREAMS);
        const streamed = await cpuMicrosDuring(target, () => bench.client.ask('streams', STREAMS, chunks, STAGGER_MS));
        measured[index].perCall.push(whole.micros / count);
        measured[index].perChunk.push(streamed.micros / (STREAMS * chunks));
      }
    }
    for (const target of targets) target.stop();
    await bench.client.ask('close');
    const [passed, told] = measured;

    return {
      title: `Translation: 1 KB calls and streams of ${chunks} chunks, ${rounds} rounds`,
      head: ['target', 'CPU µs/call', 'CPU µs/chunk'],
      rows: measured.map(({ label, perCall, perChunk }) => [label, median(perCall), median(perChunk)]),
      checks: [
        ratioCheck('CPU per call, translated / passed through', { of: told.perCall, to: passed.perCall, limit: 2 }),
        ratioCheck('CPU per chunk, translated / passed through', { of: told.perChunk, to: passed.perChunk, limit: 2 }),
      ],
      raw: measured,
    };
  },
};
