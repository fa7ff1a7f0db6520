import { describe, expect, it } from 'vitest';
import { scriptedGateway } from '../../test/scripted-gateway.js';

const price = (input: number) => ({ input, output: input });

describe('a route', () => {
  it('splits calls by weight, and asks the others where one fails', async () => {
    const { ask, behaviours } = scriptedGateway({
      models: {
        ab: {
          route: {
            split: [
              { weight: 3, to: 'acme/a' },
              { weight: 1, to: 'acme/b' },
            ],
          },
        },
      },
    });
    const answers: unknown[] = [];
    for (let call = 0; call < 400; call += 1) answers.push(await ask('ab'));
    const share = answers.filter((model) => model === 'a').length / answers.length;
    expect(share).toBeGreaterThan(0.65);
    expect(share).toBeLessThan(0.85);
    behaviours.a = { status: 401 };
    expect(await ask('ab')).toBe('b');
  });

  it('falls back in order, but not for what another deployment cannot cure (R-FO-3)', async () => {
    const { ask, asked, behaviours, failureOf, clock } = scriptedGateway({
      models: { best: { route: { fallback: ['acme/a', ['acme/b'], 'plain'] } }, plain: 'acme/c' },
    });
    Object.assign(behaviours, { a: { status: 401 }, b: { status: 401 } });
    expect(await ask('best')).toBe('c');
    expect(asked).toEqual(['a', 'b', 'c']);
    await clock.advance(5_000);
    behaviours.a = { status: 400 };
    expect(await failureOf('best')).toMatchObject({ kind: 'invalid_input' });
    expect(asked).toEqual(['a', 'b', 'c', 'a']);
  });

  it('goes on only for the failures it names, where it names them', async () => {
    const { ask, failureOf, behaviours } = scriptedGateway({
      models: { picky: { route: { fallback: ['acme/a', 'acme/b'], on: ['content_filtered'] } } },
    });
    behaviours.a = { status: 451 };
    expect(await ask('picky')).toBe('b');
    behaviours.a = { status: 401 };
    expect(await failureOf('picky')).toMatchObject({ kind: 'unauthorized_upstream' });
  });

  it('gives the first failure where all fail (R-STR-5)', async () => {
    const { failureOf, behaviours } = scriptedGateway({
      models: { best: { route: { fallback: ['acme/a', 'acme/b'] } } },
    });
    Object.assign(behaviours, { a: { status: 401 }, b: { status: 500 } });
    expect(await failureOf('best')).toMatchObject({ kind: 'unauthorized_upstream' });
  });

  it('takes the first rule that holds, and refuses what none fits', async () => {
    const { ask, failureOf } = scriptedGateway({
      models: {
        auto: {
          route: {
            when: [
              { if: { principal: { team: 'lab' }, stream: false }, to: 'acme/lab' },
              { if: { body: { 'metadata.plan': ['pro', 'team'] } }, to: 'acme/pro' },
              { if: { inputTokens: { above: 1_000 } }, to: 'acme/long' },
            ],
            otherwise: 'acme/free',
          },
        },
        strict: { route: { when: [{ if: { tags: 'vip' }, to: 'acme/vip' }] } },
      },
    });
    expect(await ask('auto', {}, { id: 'ada', team: 'lab' })).toBe('lab');
    expect(await ask('auto', { metadata: { plan: 'team' } })).toBe('pro');
    expect(await ask('auto', { messages: [{ role: 'user', content: 'x'.repeat(5_000) }] })).toBe('long');
    expect(await ask('auto')).toBe('free');
    expect(await ask('strict', {}, { id: 'ada', tags: ['vip'] })).toBe('vip');
    expect(await failureOf('strict')).toMatchObject({ status: 400, code: 'no_route', param: 'model' });
  });

  it('asks the cheapest first, and the fastest once it knows them', async () => {
    const { ask, answered, behaviours, asked } = scriptedGateway({
      models: {
        thrifty: { route: { cheapest: ['dear', 'cheap'] } },
        dear: [{ model: 'acme/dear', price: price(10) }],
        cheap: [{ model: 'acme/cheap', price: price(1) }],
        quick: { route: { fastest: ['acme/slow', 'acme/swift'] } },
      },
    });
    expect(await ask('thrifty')).toBe('cheap');
    Object.assign(behaviours, { slow: { afterMs: 400 }, swift: { afterMs: 50 } });
    await answered('quick');
    await answered('quick');
    expect(asked.slice(1)).toEqual(['slow', 'swift']);
    for (let call = 0; call < 5; call += 1) expect(await answered('quick')).toBe('swift');
  });

  it('asks nobody whom the caller may not use, wherever the tree leads (R-EMB-2)', async () => {
    const { ask, failureOf, asked } = scriptedGateway({
      models: { best: { route: { fallback: ['secret', 'plain'] } }, secret: 'acme/secret', plain: 'acme/plain' },
    });
    expect(await ask('best', {}, { id: 'ada', models: ['best', 'plain'] })).toBe('plain');
    expect(await failureOf('best', {}, { id: 'ada', models: ['best'] })).toMatchObject({ kind: 'unavailable' });
    expect(asked).toEqual(['plain']);
  });

  it('keeps the limits of a node for all its callers together, and sends what has no room elsewhere', async () => {
    const { ask, clock } = scriptedGateway({
      models: {
        best: { route: { fallback: [{ single: 'acme/small', limits: { requestsPerMinute: 2 } }, 'acme/large'] } },
      },
    });
    const answers = [];
    for (const id of ['ada', 'bob', 'cyd']) answers.push(await ask('best', {}, { id }));
    expect(answers).toEqual(['small', 'small', 'large']);
    await clock.advance(60_000);
    expect(await ask('best')).toBe('small');
  });

  it('gives a node no longer than it says, over all attempts below it', async () => {
    const { answered, behaviours, aborted } = scriptedGateway({
      models: { best: { route: { fallback: [{ single: 'acme/slow', totalMs: 300 }, 'acme/spare'] } } },
    });
    behaviours.slow = { afterMs: 5_000 };
    expect(await answered('best')).toBe('spare');
    expect(aborted).toEqual(['slow']);
  });

  it('retries as often as the node and the kind of failure say', async () => {
    const { failureOf, behaviours, asked } = scriptedGateway({
      models: {
        stubborn: {
          route: { single: 'acme/a', retries: { maxRetries: 1, byKind: { overloaded: 3 }, baseDelayMs: 1 } },
        },
      },
      cooldowns: { cooldownMs: 0 },
    });
    behaviours.a = { status: 500 };
    await failureOf('stubborn');
    expect(asked).toHaveLength(2);
    behaviours.a = { status: 503 };
    await failureOf('stubborn');
    expect(asked).toHaveLength(2 + 4);
  });
});

describe('deployments of one pool', () => {
  it('of a higher order are asked only when none of a lower one may be', async () => {
    const { ask, behaviours } = scriptedGateway({
      models: {
        fast: [
          { model: 'acme/last', order: 2 },
          { model: 'acme/first', order: 1 },
          { model: 'acme/second', order: 1 },
        ],
      },
    });
    for (let call = 0; call < 20; call += 1) expect(['first', 'second']).toContain(await ask('fast'));
    behaviours.first = { status: 401 };
    behaviours.second = { status: 401 };
    expect(await ask('fast')).toBe('last');
  });

  it('serve the calls that share a tag with them; the untagged serve the rest', async () => {
    const { ask } = scriptedGateway({
      models: { fast: [{ model: 'acme/eu', tags: ['eu', 'zero-retention'] }, { model: 'acme/any' }] },
    });
    for (let call = 0; call < 10; call += 1) {
      expect(await ask('fast', {}, { id: 'ada', tags: ['eu'] })).toBe('eu');
      expect(await ask('fast', {}, { id: 'ada', tags: ['us'] })).toBe('any');
      expect(await ask('fast')).toBe('any');
    }
  });

  it('are not asked for what they cannot do, and a call that nobody can serve is told why', async () => {
    const { ask, failureOf } = scriptedGateway({
      models: {
        mixed: [
          { model: 'acme/plain', id: 'plain', capabilities: { tools: false, images: false, inputTokens: 1_000 } },
          { model: 'acme/able', id: 'able', capabilities: { outputTokens: 500 } },
        ],
        small: {
          deployments: [{ model: 'acme/small', capabilities: { inputTokens: 100 } }],
          contextFallbacks: ['mixed'],
        },
      },
    });
    const tools = [{ type: 'function', function: { name: 'look' } }];
    const image = { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:' } }] }] };
    for (let call = 0; call < 10; call += 1) {
      expect(await ask('mixed', { tools })).toBe('able');
      expect(await ask('mixed', image)).toBe('able');
      expect(await ask('mixed', { max_tokens: 900 })).toBe('plain');
    }
    expect(await failureOf('mixed', { tools, max_tokens: 900 })).toMatchObject({
      status: 400,
      // The names of deployments are for the log.
      message:
        '"mixed" cannot serve this call: it does not support tools; returns at most 500 output tokens, and 900 are requested.',
    });
    const long = { messages: [{ role: 'user', content: 'word '.repeat(500) }] };
    expect(await ask('small', long)).toBeDefined();
  });

  it('with limits of their own pass on what has no room, and are full for all (R-FO-2)', async () => {
    const { ask, failureOf, clock, asked } = scriptedGateway({
      models: {
        fast: [
          { model: 'acme/small', order: 0, limits: { requestsPerMinute: 2 } },
          { model: 'acme/large', order: 1, limits: { requestsPerMinute: 1 } },
        ],
      },
    });
    expect([await ask('fast'), await ask('fast'), await ask('fast')]).toEqual(['small', 'small', 'large']);
    expect(await failureOf('fast')).toMatchObject({ kind: 'unavailable', status: 503, retryAfterMs: 60_000 });
    expect(asked).toHaveLength(3);
    await clock.advance(60_000);
    expect(await ask('fast')).toBe('small');
  });
});
