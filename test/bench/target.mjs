import { Session } from 'node:inspector/promises';
import { answerParent } from './remote.mjs';

const SETTLE_MS = 100;

/** The process of one target: `node target.mjs <module> <upstream url>`. */
await answerParent(async () => {
  const [, , module, upstreamUrl] = process.argv;
  const { start } = await import(module);
  const target = await start(upstreamUrl);
  let profiler;
  return {
    started: { url: target.url },
    methods: {
      cpuMicros() {
        const { user, system } = process.cpuUsage();
        return user + system;
      },
      /** After forced collections, so that what is counted is what is held. */
      async heldMemory() {
        for (let round = 0; round < 3; round += 1) {
          globalThis.gc();
          await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
        }
        const { rss, heapUsed, external } = process.memoryUsage();
        return { rss, heap: heapUsed + external };
      },
      rss: () => process.memoryUsage.rss(),
      /** For targets that are clients themselves: `count` calls, `concurrency` at a time. */
      async drive(count, concurrency) {
        let left = count;
        const startedAt = performance.now();
        await Promise.all(
          Array.from({ length: concurrency }, async () => {
            while (left > 0) {
              left -= 1;
              await target.call();
            }
          }),
        );
        return { elapsedMs: performance.now() - startedAt };
      },
      async startProfile() {
        profiler = new Session();
        profiler.connect();
        await profiler.post('Profiler.enable');
        await profiler.post('Profiler.setSamplingInterval', { interval: 200 });
        await profiler.post('Profiler.start');
      },
      async stopProfile() {
        const { profile } = await profiler.post('Profiler.stop');
        return profile;
      },
    },
  };
});
