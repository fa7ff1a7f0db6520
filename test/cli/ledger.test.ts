import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readConfig } from '@portico/config';
import { NO_USAGE, type UsageRecord } from '@portico/core';
import { type FakeProvider, startFakeProvider } from '@portico/testing';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { put, start } from './portico-process.js';
import { portico } from './run-here.js';

const messages = [{ role: 'user' as const, content: 'Tell me of porticos.' }];

let provider: FakeProvider;
beforeAll(async () => {
  provider = await startFakeProvider();
});
afterAll(() => provider.close());

describe('portico --ledger', () => {
  it('writes a line for every call, which portico usage sums up to the nano-dollar (R-SP-2)', async () => {
    const config = put(`model_list:
  - model_name: fast
    litellm_params: {model: openai/gpt-4o, api_base: "${provider.url}", input_cost_per_token: 0.00000015, output_cost_per_token: 6e-7}
`);
    const ledger = join(dirname(config), 'usage.jsonl');
    const { url, child, exit } = await start(['--config', config, '--ledger', ledger], { OPENAI_API_KEY: 'k' });
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'anything' });
    for (let call = 0; call < 3; call += 1) await openai.chat.completions.create({ model: 'fast', messages });
    child.kill('SIGTERM');
    expect(await exit).toBe(0);

    const records = recordsOf(ledger);
    expect(records.map(({ requestedModel, outcome }) => [requestedModel, outcome])).toEqual(
      Array.from({ length: 3 }, () => ['fast', 'ok']),
    );
    const nanoUsd = records.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0), 0);
    expect(nanoUsd).toBeGreaterThan(0);
    const { output, code } = await portico(['usage', ledger]);
    expect(code).toBe(0);
    expect(output).toContain(`3 calls, $0.${String(nanoUsd).padStart(9, '0')}`);
  });

  it('does not start where it cannot be written', async () => {
    const { code, errors } = await portico(['--model', 'gpt-4o', '--ledger', '/nowhere/usage.jsonl']);
    expect(code).toBe(1);
    expect(errors).toContain('The ledger cannot be written: ENOENT');
  });
});

describe('portico usage', () => {
  it('is a table by model, principal and day, the dearest first', async () => {
    const ledger = put('');
    const calls = [
      record({ requestedModel: 'smart', costNanoUsd: 2_000_000_001 }),
      record({ requestedModel: 'fast', costNanoUsd: 500_000_000, principal: { id: 'bo' }, outcome: 'failed' }),
      record({ requestedModel: 'fast', costNanoUsd: undefined, startedAt: Date.UTC(2026, 0, 2) }),
    ];
    writeFileSync(ledger, calls.map((call) => `${JSON.stringify(call)}\n`).join(''));
    // What a retry and a full disk leave behind.
    appendFileSync(ledger, `${JSON.stringify(calls[0])}\n{"id":"rec_`);
    expect((await portico(['usage', ledger])).output).toBe(`model  calls  failed  tokens in  tokens out          cost
smart      1                 10           5  $2.000000001  ████████████████████
fast       2       1         20          10  $0.500000000+ ████▉

principal  calls  failed  tokens in  tokens out          cost
ada            2                 20          10  $2.000000001+ ████████████████████
bo             1       1         10           5  $0.500000000  ████▉

day         calls  failed  tokens in  tokens out          cost
2026-01-01      2       1         20          10  $2.500000001  ████████████████████
2026-01-02      1                 10           5  $0.000000000+

3 calls, $2.500000001
+ calls without a known price: 1. Set the "price" of their models.
Duplicate records, counted once: 1.
Lines that are not records: 1.
`);
  });

  it('adds up what no double holds', async () => {
    const ledger = put('');
    const call = () => record({ costNanoUsd: Number.MAX_SAFE_INTEGER });
    writeFileSync(ledger, [call(), call(), call()].map((each) => `${JSON.stringify(each)}\n`).join(''));
    expect((await portico(['usage', ledger, '--by', 'model'])).output).toContain('3 calls, $27021597.764222973');
  });

  it.each([
    [['usage'], 2, 'Name the ledger: portico usage usage.jsonl.'],
    [['usage', 'nowhere.jsonl'], 1, 'The file nowhere.jsonl does not exist.'],
    [['usage', 'x', '--by', 'modle'], 2, 'Did you mean "model"?'],
  ])('says what it misses: %j', async (args, code, message) => {
    const said = await portico(args);
    expect(said.code).toBe(code);
    expect(said.errors).toContain(message);
  });
});

describe('portico keys', () => {
  it('makes a key that nobody guesses, and lines that the configuration takes', async () => {
    const args = ['--id', 'ada', '--team', 'research', '--models', 'fast', '--rpm', '60', '--budget', '5/day'];
    const { output } = await portico(['keys', ...args]);
    const [, variable = '', key = ''] = /^(PORTICO_KEY_ADA)=(sk-[\w-]{43})$/m.exec(output) ?? [];
    const lines = output.slice(output.indexOf('keys:'));
    const environment = { OPENAI_API_KEY: 'k', [variable]: key };
    const { config } = readConfig(`models: {fast: openai/gpt-4o}\n${lines}`, { environment });
    expect(config.keys?.[0]?.principal).toEqual({
      id: 'ada',
      team: 'research',
      models: ['fast'],
      limits: { requestsPerMinute: 60 },
      budget: { usd: 5, per: 'day' },
    });
    expect((await portico(['keys', '--id', 'ada'])).output).not.toContain(key);
  });

  it.each([
    [['keys'], 'Name the owner of the key'],
    [['keys', '--id', 'ada', '--rpm', 'many'], '--rpm must be a whole number'],
    [['keys', '--id', 'ada', '--budget', '5/fortnight'], 'Periods: hour, day, week, month, total'],
  ])('says what it misses: %j', async (args, message) => {
    const said = await portico(args);
    expect(said.code).toBe(2);
    expect(said.errors).toContain(message);
  });
});

let records = 0;

function record(given: Partial<UsageRecord>): Partial<UsageRecord> {
  records += 1;
  return {
    id: `rec_${records}`,
    requestedModel: 'fast',
    principal: { id: 'ada' },
    outcome: 'ok',
    startedAt: Date.UTC(2026, 0, 1),
    usage: { ...NO_USAGE, inputTokens: 10, outputTokens: 5 },
    ...given,
  };
}

function recordsOf(ledger: string): readonly UsageRecord[] {
  const lines = readFileSync(ledger, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as UsageRecord);
}
