import { valueCheck } from '../verdict.mjs';

const STREAMS = 200;
/** A quick model: forty tokens a second. */
const PACE_MS = 25;
const HOLD_MS = 3_000;
const LIMIT_MS = 5;
const HOSTS = [
  ['Express with everything on', 'gateway-express'],
  ['Koa', 'mount-koa'],
  ['Fastify', 'mount-fastify'],
  ['Nest on Express', 'mount-nest-express'],
  ['Nest on Fastify', 'mount-nest-fastify'],
];

/** What streams do to the host's own routes: how late its event loop runs, with none and with many under way. */
export const hostRoutes = {
  name: 'host-routes',
  async run(bench) {
    await bench.upstream.ask('behave', { chunks: 100_000, paceMs: PACE_MS });
    const measured = [];
    for (const [host, name] of HOSTS) {
      const [target] = await bench.startTargets([name]);
      if (target === undefined) continue;
      const idle = await watch(target);
      await bench.client.ask('open', target.url, STREAMS);
      await bench.client.ask('holdStreams');
      await watch(target); // the code becomes hot
      measured.push({ host, label: target.label, idle, busy: await watch(target) });
      target.stop();
      await bench.client.ask('close').catch(() => undefined);
    }
    return {
      title: `The host's event loop: delay in ms with no stream and with ${STREAMS} of a token each ${PACE_MS} ms`,
      head: ['host', 'idle p50', 'p99', 'max', 'busy p50', 'p99', 'max'],
      rows: measured.map(({ label, idle, busy }) => [
        label,
        ...[idle, busy].flatMap(({ p50, p99, max }) => [p50, p99, max]),
      ]),
      checks: measured.map(({ host, idle, busy }) =>
        valueCheck(`added p99 event-loop delay under ${STREAMS} streams, ${host}`, {
          value: busy.p99 - idle.p99,
          unit: 'ms',
          limit: LIMIT_MS,
        }),
      ),
      raw: measured,
    };

    async function watch(target) {
      await target.ask('watchDelay');
      await new Promise((resolve) => setTimeout(resolve, HOLD_MS));
      return target.ask('delaySeen');
    }
  },
};
