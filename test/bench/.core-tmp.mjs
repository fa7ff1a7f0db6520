import { AsyncResource } from 'node:async_hooks';
import fs from 'node:fs';
import { Session } from 'node:inspector/promises';
import { createGateway } from '@portico/core';
import { allProviders } from '@portico/providers';

const answer = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-x',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-4o-mini',
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'x'.repeat(800) } }],
    usage: { prompt_tokens: 9, completion_tokens: 12, total_tokens: 21, prompt_tokens_details: { cached_tokens: 0 } },
  }),
);
const reply = {
  status: 200,
  headers: { get: (n) => (n === 'content-type' ? 'application/json' : undefined) },
  body: {
    start(s) {
      s.bytes(answer);
      s.end();
    },
    pause() {},
    resume() {},
    cancel() {},
  },
};
const transport = { send: () => new Promise((r) => setImmediate(r, reply)), close: async () => {} };
const body = Buffer.from(JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'y'.repeat(900) }] }));
const full = process.argv[2] === 'full';
const P = {
  id: 'ada',
  limits: { requestsPerMinute: 1e7, tokensPerMinute: 1e10, concurrentCalls: 1e4 },
  budget: { usd: 1e6 },
};
let n = 0;
const g = createGateway(
  {
    models: { fast: [{ model: 'openai/gpt-4o-mini', baseUrl: 'http://127.0.0.1:1/v1', apiKey: 'sk' }] },
    authenticate: () => (full ? P : { id: 'ada' }),
    csrf: false,
    ...(full
      ? {
          sinks: [
            {
              record(b) {
                n += b.length;
              },
            },
          ],
          observers: [
            {
              callEnded(r) {
                n += r.startedAt > 0 ? 1 : 0;
              },
            },
          ],
        }
      : {}),
  },
  {
    providers: allProviders(),
    transport,
    environment: {},
    captureContext() {
      const r = new AsyncResource('X', { requireManualDestroy: true });
      return (f) => r.runInAsyncScope(f);
    },
  },
);
const H = { 'content-type': 'application/json' };
const mk = () => ({
  method: 'POST',
  path: '/v1/chat/completions',
  header: (x) => H[x],
  ip: '1',
  authority: 'x',
  host: { req: 1, res: 2 },
  body: { kind: 'bytes', read: () => Promise.resolve(body) },
  onClientGone() {},
});
const run = async (N) => {
  let left = N;
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      while (left-- > 0) {
        const r = await g.handle(mk());
        if (r.status !== 200) throw new Error(r.body);
      }
    }),
  );
};
await run(20000);
if (process.argv[3]) {
  const S = new Session();
  S.connect();
  await S.post('Profiler.enable');
  await S.post('Profiler.setSamplingInterval', { interval: 100 });
  await S.post('Profiler.start');
  await run(40000);
  const { profile } = await S.post('Profiler.stop');
  fs.writeFileSync('/tmp/prof/core.json', JSON.stringify(profile));
}
const rs = [];
for (let i = 0; i < 7; i++) {
  const a = process.cpuUsage();
  await run(15000);
  const b = process.cpuUsage(a);
  rs.push((b.user + b.system) / 15000);
}
rs.sort((a, b) => a - b);
console.log('core µs/call', full ? 'full' : 'plain', 'min', rs[0].toFixed(1), 'median', rs[3].toFixed(1));
process.exit();
