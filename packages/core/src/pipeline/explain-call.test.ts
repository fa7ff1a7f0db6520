import { describe, expect, it } from 'vitest';
import { scriptedGateway } from '../../test/scripted-gateway.js';

describe('gateway.explain', () => {
  it('says which rule, deployments, price and limits would apply, and asks nobody', async () => {
    const { gateway, asked } = scriptedGateway({
      models: {
        best: {
          route: {
            when: [{ if: { tags: 'vip' }, to: { split: [{ weight: 3, to: 'smart' }, 'acme/other'] } }],
            otherwise: { single: 'smart' },
          },
          fallbacks: ['spare', 'secret'],
        },
        smart: [
          { model: 'acme/smart', id: 'smart-1', price: { input: 1, output: 2 }, limits: { requestsPerMinute: 5 } },
        ],
        spare: 'acme/spare',
        secret: 'acme/secret',
      },
    });
    const ada = {
      id: 'ada',
      tags: ['vip'],
      models: ['best', 'smart', 'spare'],
      limits: { requestsPerMinute: 10 },
      budget: { usd: 1 },
    };
    const explanation = await gateway.explain({
      model: 'best',
      as: ada,
      body: { messages: [{ role: 'user', content: 'x'.repeat(300) }], max_tokens: 100 },
    });
    expect(explanation).toMatchObject({
      model: 'best',
      fallbacks: ['spare'],
      inputTokens: expect.any(Number),
      route: {
        decision: 'when',
        rule: 'route.when[0]',
        route: {
          decision: 'split',
          shares: [
            {
              share: 0.75,
              route: {
                decision: 'group',
                group: 'smart',
                route: {
                  decision: 'deployments',
                  strategy: 'weighted',
                  deployments: [{ id: 'smart-1', why: undefined }],
                },
              },
            },
            { share: 0.25, route: { decision: 'deployments' } },
          ],
        },
      },
      limits: [
        { counted: 'requests', per: 'minute', limit: 10, taken: 0, needs: 1, fits: true },
        { counted: 'budget', per: 'month', limit: 1e9, needs: explanation.inputTokens * 1_000 + 100 * 2_000 },
      ],
    });
    expect(asked).toEqual([]);
    expect((await gateway.explain({ model: 'best', as: { ...ada, tags: [] } })).route).toMatchObject({
      rule: 'route.otherwise',
    });
  });

  it('says of each deployment why it would not be asked', async () => {
    const { gateway, failureOf, behaviours } = scriptedGateway({
      models: {
        fast: [
          { model: 'acme/a', id: 'a' },
          { model: 'acme/b', id: 'b', capabilities: { tools: false }, order: 1 },
        ],
      },
    });
    behaviours.a = { status: 429, retryAfterMs: 20_000 };
    await failureOf('fast', { tools: [{ type: 'function', function: { name: 'f' } }] });
    const { route } = await gateway.explain({
      model: 'fast',
      as: { id: 'ada' },
      body: { messages: [{ role: 'user', content: 'Hi' }], tools: [{ type: 'function', function: { name: 'f' } }] },
    });
    expect(route).toMatchObject({
      deployments: [
        { id: 'a', why: 'is in cooldown or at its rate limit', cooldownRemainingMs: 20_000 },
        { id: 'b', why: 'does not support tools' },
      ],
    });
  });

  it('rejects with the refusal that the call would meet', async () => {
    const { gateway } = scriptedGateway({ models: { fast: 'acme/a' } });
    const asAda = { as: { id: 'ada' } };
    await expect(gateway.explain({ model: 'none', ...asAda })).rejects.toMatchObject({ kind: 'model_not_found' });
    await expect(gateway.explain({ model: 'fast', ...asAda, body: { messages: 7 } })).rejects.toMatchObject({
      param: 'messages',
    });
  });
});
