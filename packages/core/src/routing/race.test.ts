import { describe, expect, it } from 'vitest';
import { scriptedGateway } from '../../test/scripted-gateway.js';

const price = { input: 1, output: 1 };
const PAIR = [
  { model: 'acme/slow', id: 'slow', weight: 1e9, price },
  { model: 'acme/swift', id: 'swift', weight: 1e-9, price },
];

describe('a second attempt beside a slow one', () => {
  it('wins, and the first is aborted and on the record with what it may cost', async () => {
    const { answered, behaviours, aborted, records, gateway } = scriptedGateway({
      models: { fast: { deployments: PAIR, hedge: { afterMs: 200 } } },
    });
    Object.assign(behaviours, { slow: { afterMs: 9_000 }, swift: { afterMs: 50 } });
    expect(await answered('fast')).toBe('swift');
    expect(aborted).toEqual(['slow']);
    const [record] = records;
    expect(record).toMatchObject({
      outcome: 'ok',
      deployment: 'swift',
      attempts: [{ deployment: 'slow', failure: 'superseded' }, { deployment: 'swift' }],
    });
    // The winner's 30 tokens, and the input of the other as it was estimated.
    expect(record?.usage.estimated).toBe(true);
    expect(record?.costNanoUsd).toBe(((record?.usage.inputTokens ?? 0) + (record?.usage.outputTokens ?? 0)) * 1_000);
    expect(record?.usage.inputTokens).toBeGreaterThan(20);
    expect(gateway.openCalls).toBe(0);
  });

  it('is not made where the first answers in time, nor where it fails for good', async () => {
    const { answered, failureOf, behaviours, asked } = scriptedGateway({
      models: { fast: { deployments: PAIR, hedge: { afterMs: 200 } } },
    });
    behaviours.slow = { afterMs: 100 };
    expect(await answered('fast')).toBe('slow');
    expect(asked).toEqual(['slow']);
    behaviours.slow = { status: 400 };
    expect(await failureOf('fast')).toMatchObject({ kind: 'invalid_input' });
    expect(asked).toEqual(['slow', 'slow']);
  });

  it('is made at once where the first fails', async () => {
    const { answered, behaviours, asked } = scriptedGateway({
      models: { fast: { deployments: PAIR, hedge: { afterMs: 60_000 } } },
    });
    behaviours.slow = { status: 500 };
    expect(await answered('fast')).toBe('swift');
    expect(asked).toEqual(['slow', 'swift']);
  });

  it("is made after the first's own 95th percentile where no time is given", async () => {
    const { answered, behaviours, asked } = scriptedGateway({ models: { fast: { deployments: PAIR, hedge: true } } });
    behaviours.slow = { afterMs: 100 };
    for (let call = 0; call < 10; call += 1) await answered('fast');
    expect(asked).toEqual(Array(10).fill('slow'));
    behaviours.slow = { afterMs: 5_000 };
    expect(await answered('fast')).toBe('swift');
  });

  it('is made only if the budget has room for what it may cost (R-BUD-1)', async () => {
    const { answered, behaviours, asked, records } = scriptedGateway({
      models: { fast: { deployments: PAIR, hedge: { afterMs: 200 } } },
    });
    Object.assign(behaviours, { slow: { afterMs: 1_000 } });
    const poor = { id: 'ada', budget: { usd: 0.0015, per: 'total' as const } };
    expect(await answered('fast', { max_tokens: 1_000 }, poor)).toBe('slow');
    expect(asked).toEqual(['slow']);
    expect(records[0]?.costNanoUsd).toBe(30_000);
  });

  it('leaves nothing reserved, whoever wins (R-BUD-2)', async () => {
    const { gateway, answered, behaviours, records } = scriptedGateway({
      models: { fast: { deployments: PAIR, hedge: { afterMs: 200 } } },
    });
    Object.assign(behaviours, { slow: { afterMs: 9_000 } });
    const ada = { id: 'ada', budget: { usd: 1, per: 'total' as const } };
    await answered('fast', { max_tokens: 100 }, ada);
    const { limits } = await gateway.explain({ model: 'fast', as: ada });
    expect(limits).toMatchObject([{ counted: 'budget', taken: records[0]?.costNanoUsd }]);
  });

  it('ends with the call where the client leaves', async () => {
    const { gateway, clock, behaviours, aborted, records } = scriptedGateway({
      models: { fast: { deployments: PAIR, hedge: { afterMs: 200 } } },
    });
    Object.assign(behaviours, { slow: { afterMs: 9_000 }, swift: { afterMs: 9_000 } });
    const leaving = new AbortController();
    const answer = gateway.chat(
      { model: 'fast', messages: [{ role: 'user', content: 'Hi' }] },
      { as: { id: 'ada' }, signal: leaving.signal },
    );
    answer.catch(() => {});
    for (let step = 0; step < 10; step += 1) await clock.advance(50);
    leaving.abort();
    await expect(answer).rejects.toThrow();
    expect(aborted.sort()).toEqual(['slow', 'swift']);
    expect(records).toMatchObject([{ outcome: 'client_gone' }]);
    expect(clock.pending).toBe(0);
  });
});

describe('a race', () => {
  it('starts its nodes one after the other, and streams what comes first', async () => {
    const { gateway, clock, behaviours, aborted } = scriptedGateway({
      models: { quick: { route: { race: ['acme/slow', 'acme/swift'], afterMs: 100 } } },
    });
    Object.assign(behaviours, { slow: { afterMs: 2_000 }, swift: { afterMs: 100 } });
    // The prices are there once it is explained: loading them takes time that is not the clock's.
    await gateway.explain({ model: 'quick', as: { id: 'a' } });
    const chunks: unknown[] = [];
    const reading = (async () => {
      const stream = gateway.chatStream(
        { model: 'quick', messages: [{ role: 'user', content: 'Hi' }] },
        { as: { id: 'a' } },
      );
      for await (const chunk of stream) chunks.push(chunk);
    })();
    for (let step = 0; step < 20; step += 1) await clock.advance(50);
    await reading;
    expect(chunks).toEqual([{ content: 'Hello' }]);
    expect(aborted).toEqual(['slow']);
  });

  it('has the first failure as its own where all fail', async () => {
    const { failureOf, behaviours, asked } = scriptedGateway({
      models: { quick: { route: { race: ['acme/a', 'acme/b'], afterMs: 1_000 } } },
    });
    Object.assign(behaviours, { a: { status: 401 }, b: { status: 500 } });
    expect(await failureOf('quick')).toMatchObject({ kind: 'unauthorized_upstream' });
    expect(asked).toEqual(['a', 'b']);
  });
});
