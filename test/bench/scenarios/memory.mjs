import { valueCheck } from '../verdict.mjs';

const STREAMS = 1_000;
/** Few, so that what they leave behind in the heap does not hide what a thousand hold. */
const WARM_UP_STREAMS = 20;
const PACE_MS = 1_000;
const LONGER_THAN_THE_MEASUREMENT = 600;
const SETTLE_MS = 1_200;

/** A thousand open streams with a chunk a second: what each of them holds, sockets on both sides included. */
export const memory = {
  name: 'memory',
  async run(bench) {
    const measured = [];
    await bench.upstream.ask('behave', { delayMs: 0, chunks: LONGER_THAN_THE_MEASUREMENT, paceMs: PACE_MS });
    for (const name of ['dispatch', 'express-by-hand', 'gateway-node', 'gateway-express']) {
      for (const target of await bench.startTargets([name])) {
        await hold(target, WARM_UP_STREAMS);
        await bench.client.ask('close');
        const before = await target.ask('heldMemory');
        await hold(target, STREAMS);
        const during = await target.ask('heldMemory');
        await bench.client.ask('close');
        await settle();
        const after = await target.ask('heldMemory');
        target.stop();
        measured.push({
          name,
          label: target.label,
          rssPerStreamKb: (during.rss - before.rss) / STREAMS / 1_024,
          heapPerStreamKb: (during.heap - before.heap) / STREAMS / 1_024,
          heapLeftPerStreamKb: (after.heap - before.heap) / STREAMS / 1_024,
        });
      }
    }

    return {
      title: `Memory: ${STREAMS} open streams, a chunk a second each, after forced collections`,
      head: ['target', 'RSS KB/stream', 'heap + external KB/stream', 'left when closed KB/stream'],
      rows: measured.map(({ label, rssPerStreamKb, heapPerStreamKb, heapLeftPerStreamKb }) => [
        label,
        rssPerStreamKb,
        heapPerStreamKb,
        heapLeftPerStreamKb,
      ]),
      checks: ['gateway-node', 'gateway-express'].flatMap((name) => {
        const entry = measured.find((candidate) => candidate.name === name);
        return [
          valueCheck(`RSS per open stream, ${name}`, { value: entry?.rssPerStreamKb, unit: 'KB', limit: 64 }),
          valueCheck(`Heap per open stream, ${name}`, { value: entry?.heapPerStreamKb, unit: 'KB', limit: 64 }),
        ];
      }),
      raw: measured,
    };

    async function hold(target, streams) {
      await bench.client.ask('open', target.url, streams);
      await bench.client.ask('holdStreams');
      await settle();
    }
  },
};

function settle() {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}
