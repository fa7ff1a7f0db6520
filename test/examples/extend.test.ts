import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { whoami } from '@portico/example-extend/endpoint';
import { forbidWords } from '@portico/example-extend/plugin';
import { parrot } from '@portico/example-extend/provider';
import { mapCounters } from '@portico/example-extend/store';
import { fakeClock } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import { counterStoreContract } from '../contracts/counter-store.js';
import { openGateway, startVendor } from '../support/scripted-vendor.js';

const folder = join(import.meta.dirname, '../../examples/extend/src');

describe('what is written for a gateway', () => {
  it.each(readdirSync(folder))('%s has at most 40 lines', (file) => {
    const lines = readFileSync(join(folder, file), 'utf8').trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(40);
  });

  it('an endpoint, with limits and a record', async () => {
    const records: string[] = [];
    const { gateway } = openGateway({
      models: { chat: [{ model: 'openai/gpt-4o-mini', apiKey: 'unused' }] },
      endpoints: [whoami],
      observers: [{ callEnded: ({ operation }) => void records.push(operation) }],
      logger: false,
    });
    const ask = gateway.fetchAs({ id: 'ada', team: 'search', limits: { requestsPerMinute: 1 } });
    const answer = await ask('http://portico/v1/whoami');
    expect(await answer.json()).toEqual({ id: 'ada', team: 'search', via: 'internal' });
    expect((await ask('http://portico/v1/whoami')).status).toBe(429);
    expect(records).toEqual(['whoami']);
  });

  it('a vendor with an API of its own, also for the other wires', async () => {
    const { origin, requests } = await startVendor((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end('{"text":"Hello!","tokens":{"in":3,"out":2}}');
    });
    const { post } = openGateway({
      models: { bird: [{ model: 'parrot/grey', baseUrl: origin, apiKey: 'key-of-a-parrot' }] },
      providers: [parrot],
      logger: false,
    });
    const messages = [{ role: 'user', content: 'Say hello' }];
    const chat = (await (await post('/chat/completions', { model: 'bird', messages })).json()) as object;
    expect(chat).toMatchObject({ choices: [{ message: { content: 'Hello!' } }], usage: { total_tokens: 5 } });
    const message = await (await post('/messages', { model: 'bird', messages, max_tokens: 9 })).json();
    expect(message).toMatchObject({ content: [{ type: 'text', text: 'Hello!' }] });
    expect(requests[0]).toMatchObject({ path: '/generate', body: { prompt: 'Say hello' } });
    expect(requests[0]?.headers['x-parrot-key']).toBe('key-of-a-parrot');
  });

  it('a plugin that sees what is asked and answered', async () => {
    const found: string[] = [];
    const { origin } = await startVendor((_request, response) => {
      const message = { role: 'assistant', content: 'The secret is 42.' };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ id: 'a', choices: [{ index: 0, message, finish_reason: 'stop' }] }));
    });
    const { post } = openGateway({
      models: { chat: [{ model: 'cerebras/a', baseUrl: `${origin}/v1`, apiKey: 'unused-key' }] },
      plugins: [forbidWords(['secret'], (where) => void found.push(where))],
      logger: false,
    });
    const ask = async (content: string) => {
      const answer = await post('/chat/completions', { model: 'chat', messages: [{ role: 'user', content }] });
      return [answer.status, (await answer.text()).includes('is 42')];
    };
    expect(await ask('Tell me the SECRET')).toEqual([400, false]);
    expect(await ask('Tell me')).toEqual([400, false]);
    expect(found).toEqual(['question', 'answer']);
  });
});

counterStoreContract('the smallest store', () => {
  const clock = fakeClock();
  return { store: mapCounters(clock.now), now: clock.now, pass: clock.advance };
});
