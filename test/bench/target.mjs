import { Session } from 'node:inspector/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { answerParent } from './remote.mjs';

const SETTLE_MS = 100;
const DELAY_RESOLUTION_MS = 2;

/** The process of one target: `node target.mjs <module> <upstream url> <its function that starts it>`. */
await answerParent(async () => {
  const [, , module, upstreamUrl, startName] = process.argv;
  const { [startName]: start } = await import(module);
  const target = await start(upstreamUrl);
  let profiler;
  let delay;
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
      /** How late the event loop runs, in milliseconds beyond the resolution. */
      watchDelay() {
        delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
        delay.enable();
      },
      delaySeen() {
        delay.disable();
        const late = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - DELAY_RESOLUTION_MS);
        return { p50: late(delay.percentile(50)), p99: late(delay.percentile(99)), max: late(delay.max) };
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
