import { fakeClock } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import { scriptedGateway } from '../test/scripted-gateway.js';
import { createGateway } from './create-gateway.js';
import { definePlugin } from './hooks/plugin.js';
import { ConfigError } from './settings/config-error.js';
import type { GatewayConfig, ReloadableConfig } from './settings/gateway-config.js';

const SHORT_KEY = { key: 'short', principal: { id: 'ada' } };

/** Each is wrong in its own way, and looked at by somebody else. */
const BROKEN: readonly (readonly [setting: string, value: unknown, path: string])[] = [
  ['keys', [SHORT_KEY], 'keys[0].key'],
  ['csrf', { origins: ['https://app.example/path'] }, 'csrf.origins[0]'],
  ['ids', { secret: 'short' }, 'ids.secret'],
  ['tokens', { secret: ['short'] }, 'tokens.secret[0]'],
  ['passThrough', { '/v1': { to: 'fast', paths: ['/x'] } }, 'passThrough["/v1"]'],
  ['cooldowns', { cooldownMs: 'long' }, 'cooldowns.cooldownMs'],
  ['models', { fast: 'nobody/model' }, 'models.fast'],
];

describe('a configuration that cannot work', () => {
  it.each(BROKEN)('because of its %s leaves nothing open', async (setting, value, path) => {
    const { gateway, watches, clock } = arrange({ [setting]: value });
    expect(gateway).toThrow(ConfigError);
    expect(gateway).toThrow(`${path}: `);
    await clock.advance(60_000);
    expect([watches, clock.pending]).toEqual([{ begun: 0, stopped: 0 }, 0]);
  });

  it('is told everything that is wrong with it at once, with the paths', () => {
    const wrong = BROKEN.filter(([setting]) => setting !== 'models');
    const { gateway } = arrange(Object.fromEntries(wrong.map(([setting, value]) => [setting, value])));
    expect([...pathsOf(gateway)].sort()).toEqual(wrong.map(([, , path]) => path).sort());
    const { gateway: other } = arrange({ keys: [SHORT_KEY, SHORT_KEY], models: { fast: 'nobody/model' } });
    expect(pathsOf(other)).toEqual(['keys[0].key', 'keys[1].key', 'models.fast']);
  });

  it('cannot be reloaded either, and leaves the probes of the one that can as they are', async () => {
    const world = scriptedGateway({
      models: { fast: 'acme/sick' },
      cooldowns: { probeEveryMs: 5_000, cooldownMs: 60_000 },
    });
    world.behaviours.sick = { status: 503 };
    await world.ask('fast').catch(() => {});
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const next = { models: { fast: 'acme/sick' }, cooldowns: { probeEveryMs: 5_000 }, keys: [SHORT_KEY] };
      expect(() => world.gateway.reload(next)).toThrow('keys[0].key');
    }
    world.asked.length = 0;
    await world.clock.advance(5_000);
    expect(world.asked).toEqual(['sick']);
    await world.gateway.close();
    expect(world.clock.pending).toBe(0);
  });

  it('is known for what it is by another copy of the package', () => {
    const { gateway } = arrange({ keys: [SHORT_KEY] });
    const brand = Symbol.for('portico.ConfigError');
    expect(brand in (errorOf(gateway) as object)).toBe(true);
    expect({ [brand]: true }).toBeInstanceOf(ConfigError);
    expect(new Error('another')).not.toBeInstanceOf(ConfigError);
  });

  it('does not say what lasts without saying what else is wrong', () => {
    const { gateway } = scriptedGateway({ models: { fast: 'acme/one' } });
    const next = { models: { fast: 'nobody/model' }, authorize: () => undefined } as ReloadableConfig;
    expect(pathsOf(() => gateway.reload(next))).toEqual(['authorize', 'models.fast']);
  });
});

describe('what a gateway holds', () => {
  it('is let go of in the reverse order, whatever of it fails', async () => {
    const { gateway, closed } = arrange({
      plugins: [plugin('first', 'fails'), plugin('second')],
      sinks: [{ record: () => undefined }],
    });
    await gateway().close();
    expect(closed).toEqual(['first', 'second', 'cooldowns', 'transport']);

    function plugin(name: string, fails?: 'fails') {
      return definePlugin({
        name,
        close() {
          closed.push(name);
          if (fails) throw new Error('no');
        },
      });
    }
  });
});

describe('a plugin that takes for ever', () => {
  it('to start fails the calls that wait for it, is started once, and serves once it has started', async () => {
    let starts = 0;
    let started = () => {};
    const start = () => {
      starts += 1;
      return new Promise<void>((resolve) => {
        started = resolve;
      });
    };
    const { ask, clock, failureOf } = scriptedGateway({
      models: { fast: 'acme/one' },
      plugins: [definePlugin({ name: 'slow', start })],
    });
    const waits = failureOf('fast');
    await clock.advance(30_000);
    expect((await waits).kind).toBe('internal');
    const next = ask('fast');
    await clock.advance(10_000);
    started();
    expect([await next, starts]).toEqual(['one', 1]);
  });

  it('to close does not keep the gateway from closing', async () => {
    const { gateway, clock, closed } = arrange({
      plugins: [definePlugin({ name: 'deaf', close: () => new Promise(() => {}) })],
    });
    const done = gateway().close();
    await clock.advance(30_000);
    await done;
    expect([closed, clock.pending]).toEqual([['cooldowns', 'transport'], 0]);
  });
});

function arrange(config: Record<string, unknown>) {
  const clock = fakeClock();
  const watches = { begun: 0, stopped: 0 };
  const closed: string[] = [];
  const cooldowns = {
    coolDown() {},
    watch() {
      watches.begun += 1;
      return () => {
        watches.stopped += 1;
        closed.push('cooldowns');
      };
    },
  };
  const transport = {
    send: () => Promise.reject(new Error('nobody is asked here')),
    close: async () => void closed.push('transport'),
  };
  const acme = {
    name: 'acme',
    needsKey: false,
    keyVariables: [],
    codecs: {},
    connect: () => ({ origin: 'https://acme.example', paths: {}, headers: {} }),
    classify: () => {
      throw new Error('nobody is asked here');
    },
  };
  const whole = {
    models: { fast: 'acme/one' },
    unknownPrice: 'allow',
    stores: { cooldowns },
    clock,
    ...config,
  } as unknown as GatewayConfig;
  const gateway = () => createGateway(whole, { providers: [acme], transport, environment: {} });
  return { clock, watches, closed, gateway };
}

function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('it did not throw');
}

function pathsOf(run: () => unknown): string[] {
  const error = errorOf(run);
  if (!(error instanceof ConfigError)) throw error;
  return error.problems.map(({ path }) => path);
}
