import { describe, expect, it, onTestFinished } from 'vitest';
import { scriptedGateway } from '../test/scripted-gateway.js';

describe('what a gateway says of itself', () => {
  it('is the state of its deployments and the calls in progress', async () => {
    const { gateway, clock, ask, answered, behaviours } = start({ one: ['acme/a'], two: ['acme/b'] });
    behaviours.a = { status: 401 };
    await expect(answered('one')).rejects.toThrow();
    behaviours.b = { afterMs: 500 };
    const answer = ask('two', {}, { id: 'ada', team: 'red' });
    await clock.advance(100);
    const { deployments, calls, isClosing, pendingRecords } = gateway.inspect();
    expect(deployments).toMatchObject([
      {
        id: 'one:acme/a',
        groups: ['one'],
        provider: 'acme',
        model: 'a',
        state: 'cooldown',
        failuresInARow: 1,
        inFlight: 0,
      },
      { id: 'two:acme/b', groups: ['two'], state: 'available', inFlight: expect.any(Number) },
    ]);
    expect(deployments[0]?.returnsAt).toBeGreaterThan(clock.now());
    expect(calls).toMatchObject([
      { operation: 'chat.completions', principal: 'ada', team: 'red', via: 'internal', model: 'two', stream: false },
    ]);
    expect([isClosing, pendingRecords]).toEqual([false, 0]);
    await clock.advance(1_000);
    await answer.catch(() => {});
    expect(gateway.inspect().calls).toEqual([]);
  });

  it('lets an operator end one call: it fails, is billed, and the others go on', async () => {
    const { gateway, clock, ask, behaviours, records } = start({ slow: ['acme/slow'] });
    behaviours.slow = { afterMs: 500 };
    const [first, second] = [ask('slow'), ask('slow')];
    first.catch(() => {});
    await clock.advance(100);
    const [id = ''] = gateway.inspect().calls.map((call) => call.id);
    expect(gateway.cancelCall(id)).toBe(true);
    await expect(first).rejects.toMatchObject({ status: 503, code: 'cancelled' });
    expect(gateway.cancelCall(id)).toBe(false);
    await clock.advance(1_000);
    expect(await second).toBe('slow');
    expect(records.map(({ outcome, failure }) => [outcome, failure])).toEqual([
      ['failed', 'unavailable'],
      ['ok', undefined],
    ]);
  });

  it('estimates what a call may cost: the same as is reserved for it', async () => {
    const price = { input: 10, output: 20 };
    const { gateway, ask, clock, behaviours } = start({ slow: [{ model: 'acme/slow', price, maxOutputTokens: 500 }] });
    behaviours.slow = { afterMs: 500 };
    const body = { messages: [{ role: 'user', content: 'Hi' }] };
    const bounded = await gateway.estimate({ model: 'slow', as: { id: 'ada' }, body: { ...body, max_tokens: 100 } });
    expect(bounded).toMatchObject({ outputTokens: 100, inputTokens: expect.any(Number) });
    expect(bounded.costNanoUsd).toBe(bounded.inputTokens * 10_000 + 100 * 20_000);
    expect((await gateway.estimate({ model: 'slow', as: { id: 'ada' }, body })).outputTokens).toBe(500);
    await expect(gateway.estimate({ model: 'nothing', as: { id: 'ada' } })).rejects.toMatchObject({ status: 404 });
    const principal = { id: 'ada', budget: { usd: 1 } };
    const answer = ask('slow', { max_tokens: 100 }, principal);
    await clock.advance(100);
    const [budget] = await gateway.remaining(principal);
    expect(budget?.reserved).toBe(bounded.costNanoUsd);
    await clock.advance(1_000);
    await answer;
  });

  it('says what is wrong with a configuration, and changes nothing', async () => {
    const { gateway, answered } = start({ one: ['acme/a'] });
    expect(gateway.validate({ models: { two: ['acme/a'] } })).toEqual([]);
    expect(gateway.validate({ models: { two: { deployments: ['acme/a'], fallbacks: ['three'] } } })).toMatchObject([
      { path: 'models.two.fallbacks[0]', message: expect.stringContaining('there is no model group "three"') },
    ]);
    expect(gateway.validate({ models: { two: ['nobody/a'] } })).toMatchObject([{ path: 'models.two[0]' }]);
    expect(gateway.modelNames).toEqual(['one']);
    expect(await answered('one')).toBe('a');
  });
});

function start(models: Record<string, unknown>) {
  const started = scriptedGateway({ models });
  onTestFinished(async () => {
    const closed = started.gateway.close({ graceMs: 0 });
    await started.clock.advance(60_000);
    await closed;
  });
  return started;
}
