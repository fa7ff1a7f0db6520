import { describe, expect, it } from 'vitest';
import { launch, put } from './portico-process.js';
import { portico } from './run-here.js';

const environment = { OPENAI_API_KEY: 'k', ANTHROPIC_API_KEY: 'k', KEY: 'sk-a-key-of-more-than-twenty' };

const CONFIG = `models:
  fast: openai/gpt-4o-mini
  smart:
    deployments:
      - { model: openai/gpt-4o, weight: 3 }
      - { model: anthropic/claude-sonnet-4-5, capabilities: { audio: false } }
    fallbacks: [fast]
  chosen:
    route:
      when: [{ if: { body: { metadata.plan: paid } }, to: { split: [smart, fast] } }]
      otherwise: fast
keys:
  - key: env:KEY
    principal: { id: ada, limits: { requestsPerMinute: 60 }, budget: { usd: 5, per: day } }
  - { key: sk-another-one-of-more-than-twenty, principal: { id: bo, models: [fast] } }
`;

describe('portico explain', () => {
  it('names deployments with their prices, what comes after them, and the limits of the caller', async () => {
    const { code, output } = await explain('smart');
    expect(code).toBe(0);
    expect(output).toContain('smart, requested by ada with ');
    expect(output).toMatch(
      /one of, weighted:\n {4}openai\/gpt-4o \(.*\): weight 3, \$2\.5 in and \$10 out per million tokens, \$0\.\d{9} at most/,
    );
    expect(output).toContain('Fallbacks: fast');
    expect(output).toMatch(/Limits of ada\n.*requests a minute: 1 needed, 0 of 60 taken\n/);
    expect(output).toMatch(/budget a day: \$0\.\d{9} needed, \$0\.000000000 of \$5\.000000000 taken/);
  });

  it('follows the rule that holds for what is asked', async () => {
    expect((await explain('chosen')).output).toContain('by route.otherwise:');
    const paid = await explain('chosen', '--body', '{"metadata": {"plan": "paid"}}');
    expect(paid.output).toContain('by route.when[0]');
    expect(paid.output).toContain('50 % of the calls:\n');
  });

  it('says what the call would meet instead of an answer', async () => {
    const { code, errors } = await explain('smart', '--id', 'bo');
    expect(code).toBe(1);
    expect(errors).toMatch(/^The call would be rejected: \d{3} \w+: /);
  });

  it.each([
    [['explain', 'fast'], 'Name the model and the configuration'],
    [['explain', 'fast', '-c', 'CONFIG', '--id', 'abo'], 'No key belongs to "abo" (did you mean "bo"?)'],
    [['explain', 'fast', '-c', 'CONFIG', '--body', 'plan'], '--body is the rest of the request as JSON'],
  ])('says what it misses: %j', async (args, message) => {
    const file = put(CONFIG);
    const said = await portico(
      args.map((arg) => (arg === 'CONFIG' ? file : arg)),
      environment,
    );
    expect(said.code).toBe(2);
    expect(said.errors).toContain(message);
  });
});

/** In a process of its own, whose environment the gateway finds its credentials in. */
async function explain(model: string, ...args: readonly string[]) {
  const { exit, output, errors } = launch(['explain', model, '--config', put(CONFIG), ...args], environment);
  return { code: await exit, output: output(), errors: errors() };
}
