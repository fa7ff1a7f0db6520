import type { UsageRecord } from '@portico/core';
import { describe, expect, it } from 'vitest';
import { answerChat, openGateway, startVendor, VENDOR_KEY } from '../support/scripted-vendor.js';

// Records wait in memory until the sinks have them: whatever callers and vendors send, one has at most this many characters.
const MAX_RECORD_LENGTH = 32_768;

const MESSAGES = [{ role: 'user', content: 'Hi' }];
const MANY = 20_000;

describe('what is kept of a call is never longer than a constant', () => {
  it.each([
    ['items that are left out, all of one type', '/responses', { input: many(() => ({ type: 'z' })) }],
    ['items that are left out, each of its own type', '/responses', { input: many((n) => ({ type: `z${n}` })) }],
    ['an item of a type with a million characters', '/responses', { input: [{ type: 'z'.repeat(1e6) }] }],
    ['tools that are left out', '/responses', { input: 'Hi', tools: many((n) => ({ type: `z${n}` })) }],
    ['a long id of a user', '/chat/completions', { messages: MESSAGES, user: 'u'.repeat(1e6) }],
    ['long tags', '/chat/completions', { messages: MESSAGES, metadata: { tags: many((n) => `t${n}`) } }],
  ])('%s', async (_what, path, fields) => {
    const { post, records } = await start();
    const answer = await post(path, { model: 'chat', ...fields });
    expect([answer.status, await answer.text()]).toEqual([200, expect.anything()]);
    const [record] = await records();
    expect(JSON.stringify(record).length).toBeLessThan(MAX_RECORD_LENGTH);
    expect(record?.warnings.length).toBeLessThanOrEqual(51);
  });

  it('says each warning once', async () => {
    const { post, records } = await start();
    await post('/responses', {
      model: 'chat',
      input: [...many(() => ({ type: 'z' })), { role: 'user', content: 'Hi' }],
    });
    expect((await records()).map(({ warnings }) => warnings.length)).toEqual([1]);
  });

  it('says how many warnings are not kept', async () => {
    const { post, records } = await start();
    await post('/responses', {
      model: 'chat',
      input: [...many((n) => ({ type: `z${n}` })), { role: 'user', content: 'Hi' }],
    });
    const [record] = await records();
    expect(record?.warnings.at(-1)).toBe(`and ${MANY - 50} more`);
  });

  it('a name of a model that a wildcard accepts', async () => {
    const { post, records } = await start();
    const longest = `any/${'m'.repeat(96)}`;
    expect((await post('/chat/completions', { model: longest, messages: MESSAGES })).status).toBe(200);
    expect((await post('/chat/completions', { model: longest.repeat(10_000), messages: MESSAGES })).status).toBe(404);
    expect(JSON.stringify(await records()).length).toBeLessThan(MAX_RECORD_LENGTH);
  });

  it('an id of a vendor, which is without the key that the vendor was sent', async () => {
    const { post, records } = await start(`${VENDOR_KEY}${'r'.repeat(8_000)}`);
    await post('/chat/completions', { model: 'chat', messages: MESSAGES });
    const text = JSON.stringify(await records());
    expect(text.length).toBeLessThan(MAX_RECORD_LENGTH);
    expect(text).not.toContain(VENDOR_KEY);
    expect(text).toContain('[hidden]rrr');
  });
});

function many<T>(item: (number: number) => T): T[] {
  return Array.from({ length: MANY }, (_, number) => item(number));
}

async function start(requestId = 'r1') {
  const { origin } = await startVendor((_request, response) => {
    response.setHeader('x-request-id', requestId);
    answerChat(response, { prompt_tokens: 1, completion_tokens: 1 });
  });
  const kept: UsageRecord[] = [];
  const vendor = { baseUrl: `${origin}/v1`, apiKey: VENDOR_KEY, price: { input: 1, output: 2 }, dropUnsupported: true };
  const { post, gateway } = openGateway({
    models: { chat: [{ model: 'cerebras/m', ...vendor }], 'any/*': [{ model: 'cerebras/*', ...vendor }] },
    plugins: [{ name: 'ledger', sinks: [{ record: (batch) => void kept.push(...batch) }] }],
  });
  return {
    post,
    async records() {
      await gateway.close({ graceMs: 0 });
      return kept;
    },
  };
}
