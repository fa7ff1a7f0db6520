import { describe, expect, it } from 'vitest';
import { createGateway } from '../create-gateway.js';
import type { Provider } from '../provider.js';
import { ConfigError } from '../settings/config-error.js';
import type { GatewayConfig } from '../settings/gateway-config.js';

const acme = {
  name: 'acme',
  needsKey: false,
  keyVariables: [],
  codecs: {},
  connect: () => ({ origin: 'https://acme.example', paths: {}, headers: {} }),
} as unknown as Provider; // nobody is asked here

/** What is wrong with models besides `fast`, `smart` and `best`, the last being the one given. */
function problemsOf(best: unknown, others: Record<string, unknown> = {}, settings: object = {}): readonly string[] {
  const models = { fast: 'acme/fast', smart: ['acme/smart'], ...others, best };
  try {
    createGateway({ models, ...settings } as unknown as GatewayConfig, {
      providers: [acme],
      environment: {},
      transport: { send: () => Promise.reject(new Error('not asked')), close: async () => {} },
    });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}

describe('the route of a model group', () => {
  it('may nest every decision in every other', () => {
    const route = {
      when: [
        {
          if: {
            principal: { team: 'lab' },
            time: { from: '22:00', to: '06:00', days: ['sat'], zone: 'Europe/Berlin' },
          },
          to: { race: ['fast', { cheapest: ['smart', 'acme/other'] }], afterMs: 500, totalMs: 30_000 },
        },
        { if: { tags: ['a', 'b'] }, to: [{ weight: 2, to: 'fast' }, 'smart'] },
      ],
      otherwise: {
        fallback: [
          { single: 'fast', retries: { maxRetries: 1, byKind: { overloaded: 4 } }, limits: { requestsPerMinute: 10 } },
          {
            deployments: ['acme/x', { model: 'acme/y', order: 1 }],
            strategy: { by: 'sticky', key: 'session' },
            hedge: true,
          },
          { fastest: ['fast', { split: ['smart'] }] },
        ],
        on: ['overloaded', 'rate_limited'],
      },
    };
    expect(problemsOf({ route, fallbacks: ['fast'], limits: { concurrentCalls: 5 } })).toEqual([]);
  });

  it('is refused with the path of what is wrong in it, and the nearest right word (R-CFG-1)', () => {
    expect(problemsOf({ route: { fallback: ['fast', { split: ['smrt'] }] } })).toEqual([
      'models.best.route.fallback[1].split[0]: there is no model group "smrt" (did you mean "smart"?). There are: fast, smart, best. A deployment is "provider/model".',
    ]);
    expect(problemsOf({ route: { fallback: ['fast'], race: ['smart'] } })).toEqual([
      expect.stringContaining('models.best.route: has more than one decision, "fallback" and "race"'),
    ]);
    expect(problemsOf({ route: { fallbak: ['fast'] } })).toEqual([
      expect.stringContaining('models.best.route: has no decision: give one of "single", "deployments", "split"'),
    ]);
    expect(problemsOf({ route: { when: [{ if: { time: { from: '25:00' } }, to: 'fast' }] } })).toEqual([
      'models.best.route.when[0].if.time.from: must be a time of day such as "08:30".',
    ]);
    expect(problemsOf({ route: { when: [{ if: { principle: {} }, to: 'fast' }] } })).toEqual([
      expect.stringContaining('models.best.route.when[0].if.principle: unknown key (did you mean "principal"?)'),
    ]);
    expect(problemsOf({ route: { split: [{ weight: 0, to: 'fast' }] } })).toEqual([
      'models.best.route.split[0].weight: must be a number above 0.',
    ]);
    expect(problemsOf({ route: 'acmee/x' })).toEqual([
      'models.best.route: "acmee" is not a known provider (did you mean "acme"?).',
    ]);
  });

  it('is either a route or deployments, and says what belongs to deployments beside them', () => {
    expect(problemsOf({ route: 'fast', deployments: ['acme/x'] })).toEqual([
      'models.best: has "deployments" and a "route": put the deployments into the route.',
    ]);
    expect(problemsOf({ fallbacks: ['fast'] })).toEqual(['models.best: has neither "deployments" nor a "route".']);
    expect(problemsOf({ route: 'fast', strategy: 'round-robin' })).toEqual([
      'models.best.strategy: belongs to deployments: set it in the route, next to them.',
    ]);
    expect(problemsOf({ deployments: ['acme/x'], strategy: 'fastest-first' })).toEqual([
      expect.stringContaining('models.best.strategy: invalid option: expected one of "weighted"|"round-robin"'),
    ]);
  });

  it('never leads back to itself', () => {
    expect(problemsOf({ route: ['fast', 'loop'] }, { loop: { route: { fallback: ['best'] } } })).toEqual([
      expect.stringContaining('forms a cycle: "loop" → "best" → "loop". One of them must have deployments'),
    ]);
  });

  it('has fallbacks in a circle only if the configuration says that this is meant', () => {
    const cycle = { deployments: ['acme/x'], fallbacks: ['other'] };
    const other = { deployments: ['acme/y'], fallbacks: ['best'] };
    expect(problemsOf(cycle, { other })).toEqual([
      'models.other.fallbacks: forms a cycle: "other" → "best" → "other". Remove one of them, or set "allowFallbackCycles" if the cycle is intended.',
    ]);
    expect(problemsOf(cycle, { other }, { allowFallbackCycles: true })).toEqual([]);
  });
});
