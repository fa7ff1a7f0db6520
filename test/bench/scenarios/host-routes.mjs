import { valueCheck } from '../verdict.mjs';

const STREAMS = 200;
/** A quick model: forty tokens a second. */
const PACE_MS = 25;
const HOLD_MS = 5_000;
const LIMIT_MS = 5;

/** What streams do to the host's own routes: how late its event loop runs, with none and with many under way. */
export const hostRoutes = {
  name: 'host-routes',
  async run(bench) {
    const [target] = await bench.startTargets(['gateway-express']);
    if (target === undefined) return { title: 'Host routes', head: [], rows: [], checks: [], raw: {} };
    await bench.upstream.ask('behave', { chunks: 100_000, paceMs: PACE_MS });
    const idle = await watch();
    await bench.client.ask('open', target.url, STREAMS);
    await bench.client.ask('holdStreams');
    await watch(); // the code becomes hot
    const busy = await watch();
    target.stop();
    await bench.client.ask('close').catch(() => undefined);
    return {
      title: `The host's event loop: delay in ms with no stream and with ${STREAMS} of a token each ${PACE_MS} ms`,
      head: ['', 'p50', 'p99', 'max'],
      rows: [
        ['idle', idle.p50, idle.p99, idle.max],
        [`${STREAMS} streams`, busy.p50, busy.p99, busy.max],
      ],
      checks: [
        valueCheck(`added p99 event-loop delay under ${STREAMS} streams`, {
          value: busy.p99 - idle.p99,
          unit: 'ms',
          limit: LIMIT_MS,
        }),
      ],
      raw: { idle, busy },
    };

    async function watch() {
      await target.ask('watchDelay');
      await new Promise((resolve) => setTimeout(resolve, HOLD_MS));
      return target.ask('delaySeen');
    }
  },
};
