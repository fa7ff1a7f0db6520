import { describe, expect, it } from 'vitest';
import { createGateway } from '../create-gateway.js';
import type { Provider } from '../provider.js';
import type { Transport } from '../transport.js';

const transport: Transport = {
  send: async () => ({
    status: 200,
    headers: { get: () => 'application/json' },
    body: {
      start(sink) {
        sink.bytes(new TextEncoder().encode('{"choices":[{"message":{"content":"Hi"}}]}'));
        sink.end();
      },
      pause() {},
      resume() {},
      cancel() {},
    },
  }),
  close: async () => {},
};
const acme: Provider = {
  name: 'acme',
  needsKey: false,
  keyVariables: [],
  codecs: { 'chat.completions': { encode: (body) => body, openStream: () => ({ event() {}, end() {} }) } },
  connect: () => ({ origin: 'https://acme.example', paths: { 'chat.completions': '/chat' }, headers: {} }),
  classify: () => {
    throw new TypeError('Nothing fails here.');
  },
};

async function ask(principal: unknown) {
  const lines: string[] = [];
  const log = (fields: object) => void lines.push((fields as { err?: Error }).err?.message ?? '');
  const gateway = createGateway(
    {
      models: { fast: { deployments: [{ model: 'acme/m', price: { input: 1, output: 1 } }] } },
      authenticate: () => principal as { id: string },
      csrf: false,
      logger: { debug() {}, info() {}, warn() {}, error: log },
    },
    { providers: [acme], transport, environment: {} },
  );
  const body = JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'Hi' }] });
  const request = new Request('http://portico/v1/chat/completions', { method: 'POST', body });
  const answer = await gateway.fetch(request, {});
  return { status: answer.status, text: await answer.text(), lines };
}

describe('what "authenticate" returns', () => {
  it.each([
    ['limits.rpm', { id: 'ada', limits: { rpm: 1 } }, 'limits.rpm'],
    ['a limit that is no number', { id: 'ada', limits: { requestsPerMinute: '60' } }, 'limits.requestsPerMinute'],
    ['a negative limit', { id: 'ada', limits: { tokensPerMinute: -1 } }, 'limits.tokensPerMinute'],
    ['a budget without an amount', { id: 'ada', budget: { usd: undefined } }, 'budget.usd'],
    ['a budget that is NaN', { id: 'ada', budget: { usd: Number.NaN } }, 'budget.usd'],
    ['a budget that is a number', { id: 'ada', budget: 0 }, '"budget" must be an object'],
    ['an unknown period', { id: 'ada', budget: { usd: 1, per: 'fortnight' } }, 'budget.per'],
    ['models that are no list', { id: 'ada', models: 'fast' }, '"models" must be a list'],
    ['no id', { name: 'ada' }, '"id" must be a string'],
    ['an empty id', { id: '' }, '"id" must be a string'],
    ['a text', 'ada', 'it must be an object'],
  ])('is refused with a line in the log: %s', async (_what, principal, named) => {
    const { status, text, lines } = await ask(principal);
    expect(status).toBe(500);
    expect(text).not.toContain(named);
    expect(lines.join('\n')).toContain(named);
  });

  it.each([
    ["the host's own fields beside it", { id: 'ada', email: 'ada@example.com', orders: [1] }],
    ['null for what is absent, as in JSON', { id: 'ada', team: null, models: null, limits: null, budget: null }],
    [
      'a whole plan',
      { id: 'ada', models: ['fast'], limits: { requestsPerMinute: 5 }, budget: { usd: 1, per: 'week' } },
    ],
  ])('may have %s', async (_what, principal) => {
    expect((await ask(principal)).status).toBe(200);
  });
});
