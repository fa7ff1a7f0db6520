import type { IncomingMessage } from 'node:http';
import Router from '@koa/router';
import { llmGateway as koaGateway } from '@portico/koa';
import { expectNoOpenRequests, type FakeProviderOptions } from '@portico/testing';
import type { FastifyInstance } from 'fastify';
import Koa from 'koa';
import mount from 'koa-mount';
import session from 'koa-session';
import Koa2 from 'koa2';
import { describe, expect, it, onTestFinished } from 'vitest';
import { NEST_VERSIONS } from '../hosts/install.js';
import { mountFastify } from '../mounts/fastify.js';
import { type Mounted, overHttp } from '../mounts/mounted.js';
import { mountNest } from '../mounts/nest.js';
import type { MountConfig } from '../support/mounts.js';
import { ASK, ask, house } from './house.js';

// What hosts do around a route of theirs they can do around the gateway: set headers when it has answered, keep sessions
// rolling, time it, log it, catch what is thrown.

describe.each([
  ['Koa 3', Koa],
  ['Koa 2', Koa2],
])('R15: around a gateway in %s', (_, Framework) => {
  async function start(gatewayIn: (app: Koa, config: Awaited<ReturnType<typeof house>>['config']) => void) {
    const { config, provider } = await house(ENDLESS);
    const app = new Framework();
    app.keys = ['of the house'];
    app.silent = true;
    const log: string[] = [];
    app.on('error', (error: Error) => void log.push(`error: ${error.message}`));
    app.use(async (ctx, next) => {
      ctx.res.once('close', () => log.push(`${ctx.status} ${ctx.path}`));
      await next();
      ctx.set('x-response-time', 'known');
    });
    app.use(session({ rolling: true }, app));
    app.use(async (ctx, next) => {
      if (ctx.get('x-case') === 'thrown') throw new Error('of the house');
      Object.assign(ctx.session as object, { user: 'ada' });
      await next();
    });
    gatewayIn(app, config);
    app.use((ctx) => {
      ctx.body = 'of the house';
    });
    const mounted = await overHttp(app.callback(), { close: () => Promise.resolve() } as never);
    onTestFinished(() => mounted.close());
    return { origin: `http://127.0.0.1:${mounted.port}`, log, provider };
  }

  const PLACES: Readonly<Record<string, Parameters<typeof start>[0]>> = {
    'as middleware of the app': (app, config) => void app.use(koaGateway(config)),
    'under @koa/router': (app, config) => {
      const gateway = koaGateway(config);
      app.use(new Router().all('/llm/{*rest}', gateway).routes());
    },
    'under a router with a prefix': (app, config) => {
      const gateway = koaGateway({ ...config, prefix: '/api/llm' });
      app.use(new Router({ prefix: '/api' }).all('/llm/{*rest}', gateway).routes());
    },
    'under koa-mount': (app, config) => void app.use(mount('/llm', koaGateway({ ...config, prefix: '' }))),
  };

  it('a reader who leaves is no error of the application', async () => {
    const { origin, log, provider } = await start((app, config) => void app.use(koaGateway(config)));
    const left = await post(`${origin}/llm`, {
      ...ASK,
      stream: true,
      messages: [{ role: 'user', content: 'endless' }],
    });
    await left.body?.cancel();
    await expectNoOpenRequests(provider);
    await expect.poll(() => log).toEqual(['200 /llm/v1/chat/completions']);
  });

  it.each(Object.entries(PLACES))(
    '%s: sessions roll, times are told and errors are heard',
    async (place, gatewayIn) => {
      const { origin, log } = await start(gatewayIn);
      const base = place.endsWith('prefix') ? `${origin}/api/llm` : `${origin}/llm`;
      for (const stream of [true, false]) {
        const answer = await post(base, { ...ASK, stream });
        expect(await answer.text()).toContain(stream ? '[DONE]' : 'chat.completion');
        expect(answer.headers.get('x-response-time')).toBe('known');
        expect(answer.headers.getSetCookie().join()).toContain('koa.sess=');
      }
      expect(await post(base, { ...ASK, model: 'nobody' })).toMatchObject({ status: 404 });
      expect((await ask(base, ASK, { 'x-case': 'thrown' })).status).toBe(500);
      expect(await (await fetch(`${origin}/elsewhere`)).text()).toBe('of the house');
      const path = `${new URL(base).pathname}/v1/chat/completions`;
      await expect
        .poll(() => log)
        .toEqual([
          `200 ${path}`,
          `200 ${path}`,
          `404 ${path}`,
          'error: of the house',
          expect.any(String),
          '200 /elsewhere',
        ]);
    },
  );
});

const ON_FASTIFY: Readonly<
  Record<string, (config: MountConfig, before: (app: FastifyInstance) => void) => Promise<Mounted>>
> = {
  'Fastify 5': mountFastify,
  ...Object.fromEntries(
    NEST_VERSIONS.map((version) => [
      `Nest ${version} on Fastify`,
      (config: MountConfig, before: (app: FastifyInstance) => void) =>
        mountNest(version, 'fastify', config, (app) => before(app.getHttpAdapter().getInstance())),
    ]),
  ),
};

describe.each(Object.entries(ON_FASTIFY))('R16: around a gateway in %s', (_, start) => {
  it('hooks set headers and cookies, see the answer leave and what it took', async () => {
    const { config } = await house();
    const log: string[] = [];
    const mounted = await start(config, (app) => {
      app.addHook('onRequest', async (_request, reply) => {
        reply.header('access-control-allow-origin', 'https://app.example');
        reply.header('set-cookie', 'rolling=yes');
      });
      app.addHook('onSend', async (_request, reply) => void reply.header('x-on-send', 'seen'));
      app.addHook('onResponse', async ({ raw }: { raw: IncomingMessage }, { statusCode }) => {
        log.push(`${statusCode} ${raw.method}`);
      });
    });
    onTestFinished(() => mounted.close());
    for (const stream of [true, false]) {
      const answer = await mounted.post({ ...ASK, stream });
      expect(await answer.text()).toContain(stream ? '[DONE]' : 'chat.completion');
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'access-control-allow-origin': 'https://app.example',
        'set-cookie': 'rolling=yes',
        'x-on-send': 'seen',
      });
    }
    await expect.poll(() => log).toEqual(['200 POST', '200 POST']);
  });
});

/** Never over, for those who ask for it. */
const ENDLESS: FakeProviderOptions = {
  tokenDelayMs: 1,
  reply: ({ text }) => (text === 'endless' ? 'word '.repeat(20_000) : undefined),
};

function post(base: string, body: object): Promise<Response> {
  return fetch(`${base}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
