import { describe, expect, it } from 'vitest';
import { OPERATIONS } from '../operation.js';
import { sheetFromConfig } from '../pricing/price-sheet.js';
import type { Provider } from '../provider.js';
import { ConfigError } from '../settings/config-error.js';
import type { GatewayConfig } from '../settings/gateway-config.js';
import { validateConfig } from './validate-config.js';

const codec = { encode: (request: object) => ({ ...request }), openStream: () => ({ event() {}, end() {} }) };

function provider(name: string, needsKey = true): Provider {
  return {
    name,
    needsKey,
    keyVariables: [`${name.toUpperCase()}_API_KEY`],
    codecs: { 'chat.completions': codec },
    connect: ({ baseUrl }) => {
      if (baseUrl === 'nonsense') throw new Error('"baseUrl" must be an http or https URL.');
      return {
        origin: 'https://api.example',
        paths: { 'chat.completions': '/v1/chat/completions' },
        headers: { authorization: 'Bearer x' },
      };
    },
    classify: () => {
      throw new Error('not asked here');
    },
  };
}

const context = {
  providers: [provider('groq'), provider('acme'), provider('local', false)],
  environment: { ACME_API_KEY: 'from the environment' },
  bridges: { codecs: <T>(own: T) => own, connection: <T>(own: T) => own },
  sheetFromConfig,
};

function problemsOf(config: unknown): readonly string[] {
  try {
    validateConfig(config as GatewayConfig<never>, context);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}

describe('a configuration', () => {
  it('turns strings, lists and long forms into groups alike', () => {
    const { groups } = validateConfig(
      { models: { a: 'acme/one', b: ['acme/one', 'local/two'], c: { deployments: ['local/two'], fallbacks: ['a'] } } },
      context,
    );
    expect(groups.map((group) => [group.name, group.deployments.map((d) => d.model)])).toEqual([
      ['a', ['one']],
      ['b', ['one', 'two']],
      ['c', ['two']],
    ]);
    expect(groups[2]?.fallbacks).toEqual(['a']);
  });

  it('names an unknown key, its path and the nearest right one (R-CFG-1)', () => {
    expect(problemsOf({ models: { a: 'acme/one' }, authentcate: () => undefined })[0]).toContain(
      'authentcate: unknown key (did you mean "authenticate"?)',
    );
    expect(problemsOf({ models: { a: { deployments: ['acme/one'], falbacks: [] } } })[0]).toContain(
      'models.a.falbacks: unknown key (did you mean "fallbacks"?)',
    );
    expect(problemsOf({ models: { a: [{ model: 'acme/one', wieght: 2 }] } })[0]).toContain(
      'models.a[0].wieght: unknown key (did you mean "weight"?)',
    );
    expect(
      problemsOf({ models: { a: 'acme/one' }, anonymous: { id: 'x', limits: { requestPerMinute: 3 } } })[0],
    ).toContain('anonymous.limits.requestPerMinute: unknown key (did you mean "requestsPerMinute"?)');
  });

  it('names an unknown vendor with its path and the nearest right one (R-CFG-1)', () => {
    expect(problemsOf({ models: { a: { deployments: ['acme/one', 'groc/two'] } } })).toEqual([
      'models.a.deployments[1]: "groc" is not a known provider (did you mean "groq"?).',
    ]);
  });

  it('refuses a model without a credential and says which variable to set (R-CFG-2)', () => {
    expect(problemsOf({ models: { a: 'groq/one' } })).toEqual([
      'models.a: "groq/one" has no credential. Set GROQ_API_KEY in the environment, or give "apiKey".',
    ]);
    expect(problemsOf({ models: { a: 'local/one' } })).toEqual([]);
  });

  it('refuses a fallback to nowhere and to itself (R-CFG-1)', () => {
    expect(
      problemsOf({ models: { fast: 'acme/one', slow: { deployments: ['acme/two'], fallbacks: ['fats', 'slow'] } } }),
    ).toEqual([
      'models.slow.fallbacks[0]: there is no model group "fats" (did you mean "fast"?). There are: fast, slow.',
      'models.slow.fallbacks[1]: "slow" cannot fall back to itself.',
    ]);
  });

  it('refuses two groups that a reader takes for one, and two deployments of one id', () => {
    expect(problemsOf({ models: { fast: 'acme/one', 'Fast ': 'acme/two' } })[0]).toContain(
      '"Fast " and "fast" look the same',
    );
    expect(
      problemsOf({
        models: {
          a: [
            { model: 'acme/one', id: 'x' },
            { model: 'acme/two', id: 'x' },
          ],
        },
      }),
    ).toEqual(['models.a[1].id: "x" is also the id of another deployment.']);
  });

  it('refuses a model without a provider, an empty group and a broken base URL, all at once', () => {
    expect(
      problemsOf({ models: { a: 'gpt-4o', b: [], c: { deployments: [{ model: 'acme/one', baseUrl: 'nonsense' }] } } }),
    ).toEqual([
      'models.a: "gpt-4o" must be "provider/model", such as "groq/gpt-4o".',
      'models.b: has no deployment.',
      'models.c.deployments[0]: "baseUrl" must be an http or https URL.',
    ]);
    expect(problemsOf({ models: {} })).toEqual([
      'models: no model group is configured, so no request could be served.',
    ]);
  });

  it('shows no credential in a problem, nor in the printed form of what it builds (R-LOG-1)', () => {
    const canary = 'canary-4711-secret';
    expect(problemsOf({ models: { a: [{ model: 'acme/one', apiKey: { not: canary } }] } }).join()).not.toContain(
      canary,
    );
    const { groups } = validateConfig({ models: { a: [{ model: 'acme/one', apiKey: canary }] } }, context);
    expect(JSON.stringify(groups)).not.toContain(canary);
    expect(JSON.stringify(groups)).not.toContain('Bearer x');
  });

  it.each([
    ['policyTimeoutMs', { policyTimeoutMs: 3e9 }],
    ['maxSessionMs', { maxSessionMs: 30 * 86_400_000 }],
    ['cooldowns.probeEveryMs', { cooldowns: { probeEveryMs: Number.POSITIVE_INFINITY } }],
    ['deadlines.totalMs', { deadlines: { totalMs: 1e12 } }],
    ['stores.countersTimeoutMs', { stores: { countersTimeoutMs: 1e12 } }],
  ])('refuses a duration of more than a week for %s', (path, setting) => {
    expect(problemsOf({ models: { a: 'acme/one' }, ...setting })[0]).toContain(`${path}: `);
  });

  it('refuses a provider without codecs, or with one that translates nothing', () => {
    const { codecs: _, ...half } = provider('half', false);
    expect(problemsOf({ models: { a: 'half/one' }, providers: [half] })[0]).toContain('providers[0].codecs: ');
    const broken = { ...half, codecs: { 'chat.completions': {} } };
    expect(problemsOf({ models: { a: 'half/one' }, providers: [broken] })[0]).toContain('encode');
  });

  it('takes a condition and an access list on every operation there is', () => {
    for (const operation of OPERATIONS) {
      const route = { when: [{ if: { operation }, to: 'a' }], otherwise: 'a' };
      const anonymous = { id: 'anybody', operations: [operation] };
      expect(problemsOf({ models: { a: 'acme/one', b: { route } }, anonymous })).toEqual([]);
    }
  });
});
