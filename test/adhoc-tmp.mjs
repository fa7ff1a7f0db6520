import { startFakeProvider, faultModels, FAULTS } from '@portico/testing';
import { createGateway } from '@portico/node';
const p = await startFakeProvider({});
const pick = [...new Set(FAULTS.filter(f=>!/f0[1-6]|f28|f34|f47|f48|f31|f45/.test(f.id)).flatMap((f) => faultModels(f)))];
for (const wire of ['openai','azure']) {
const models = {};
for (const n of pick) models[n] = { deployments: [{ model: `${wire}/${n}`, baseUrl: wire==='openai'?p.url:p.origin, apiKey: 'sk-live-abcdef0123456789' }], retries: { maxRetries: 0 } };
const g = createGateway({ models, anonymous: { id: 'a' }, csrf: false });
for (const n of pick) for (const stream of [false, true]) {
  const r = await g.fetch(new Request('http://x/v1/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: n, stream, stream_options: stream ? { include_usage: true } : undefined, messages: [{ role: 'user', content: 'hi' }] }) }));
  const t = await r.text();
  const tail = stream && r.status === 200 ? `${t.length} ${JSON.stringify(t.slice(-160))} usage×${t.split('"prompt_tokens"').length - 1}` : t.slice(0, 190);
  console.log(wire, n, stream ? 'S' : '-', r.status, tail, t.includes('sk-live') ? 'LEAK' : '');
}
await g.close(); }
await p.close();
