import fastifyMultipart from '@fastify/multipart';
import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import type { Gateway } from '@portico/core';
import { llmGateway as expressGateway } from '@portico/express';
import { llmGateway as fastifyGateway } from '@portico/fastify';
import { llmGateway as koaGateway } from '@portico/koa';
import { createGateway, nodeListener } from '@portico/node';
import express, { type Express, type Request } from 'express';
import express4 from 'express4';
import fastify, { type FastifyInstance } from 'fastify';
import Koa from 'koa';
import Koa2 from 'koa2';
import multer from 'multer';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mountHono } from '../mounts/fetch.js';
import { overHttp } from '../mounts/mounted.js';
import { ASK, ask, askWithForm, expectId, house, KEPT_NOTHING, TAKEN_APART } from './house.js';

// What people do to a gateway that its makers did not have in mind: the right answer, or one that names cause and cure.

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('a gateway in %s', (_, framework) => {
  it('mounted twice answers at both addresses, and counts each call once', async () => {
    const { config, records } = await house();
    const gateway = expressGateway(config);
    const origin = await listen(framework().use('/llm', gateway).use('/ai', gateway), gateway);
    expect(await ask(`${origin}/llm`)).toMatchObject({ status: 200 });
    expect(await ask(`${origin}/ai`)).toMatchObject({ status: 200 });
    await gateway.close();
    expect(records).toHaveLength(2);
  });

  it('behind another at the same address is never asked: the first one answers', async () => {
    const { config, provider } = await house();
    const [first, second] = [
      expressGateway(config),
      expressGateway({ ...config, models: { other: config.models.chat } }),
    ];
    const origin = await listen(framework().use('/llm', first).use('/llm', second), first, second);
    expect(await ask(`${origin}/llm`)).toMatchObject({ status: 200 });
    expect(provider.log.requests).toHaveLength(1);
  });

  it('at "/" leaves the routes before and after it alone', async () => {
    const { config } = await house();
    const gateway = expressGateway(config);
    const app: Express = framework();
    app.get('/before', (_req, res) => void res.send('before'));
    app.use('/', gateway);
    app.get('/after', (_req, res) => void res.send('after'));
    const origin = await listen(app, gateway);
    expect(await ask(origin)).toMatchObject({ status: 200 });
    expect(await (await fetch(`${origin}/before`)).text()).toBe('before');
    expect(await (await fetch(`${origin}/after`)).text()).toBe('after');
    expect((await fetch(`${origin}/nowhere`)).status).toBe(404);
  });

  it('below a parameter has it in its hooks', async () => {
    const { config } = await house();
    const gateway = expressGateway({
      ...config,
      authenticate: ({ req }: { readonly req: Request }) => ({ id: `of ${String(req.params.tenant)}` }),
      authorize: ({ request }) => expectId(request.principal.id),
    });
    const origin = await listen(framework().use('/tenants/:tenant/llm', gateway), gateway);
    expect(await ask(`${origin}/tenants/acme/llm`)).toMatchObject({ status: 200 });
  });

  it("after the host's 404 is the host's 404: nothing is asked", async () => {
    const { config, provider } = await house();
    const gateway = expressGateway(config);
    const app: Express = framework();
    app.use((_req, res) => void res.status(404).send('Nothing here'));
    app.use('/llm', gateway);
    expect(await ask(`${await listen(app, gateway)}/llm`)).toMatchObject({ status: 404, text: 'Nothing here' });
    expect(provider.log.requests).toEqual([]);
  });

  it('behind a middleware that has answered, and went on all the same, does nothing', async () => {
    const { config, provider } = await house();
    const gateway = expressGateway(config);
    const app: Express = framework();
    app.use((_req, res, next) => {
      res.send('answered');
      next();
    });
    app.use('/llm', gateway);
    expect(await ask(`${await listen(app, gateway)}/llm`)).toMatchObject({ status: 200, text: 'answered' });
    expect(provider.log.requests).toEqual([]);
  });

  it("behind a parser with a smaller limit lets that say so, in the host's own words", async () => {
    const { config, provider } = await house();
    const gateway = expressGateway(config);
    const app = framework()
      .use(express.json({ limit: '1kb' }))
      .use('/llm', gateway);
    const large = await ask(`${await listen(app, gateway)}/llm`, { ...ASK, user: 'x'.repeat(2_000) });
    expect(large).toMatchObject({ status: 413, text: expect.stringContaining('too large') });
    expect(provider.log.requests).toEqual([]);
  });

  it('behind somebody who consumed the body and kept nothing says what happened and what to do', async () => {
    const { config } = await house();
    const gateway = expressGateway(config);
    const app: Express = framework();
    app.use((req, _res, next) => void req.resume().once('end', next));
    app.use('/llm', gateway);
    expect(await ask(`${await listen(app, gateway)}/llm`)).toMatchObject({ status: 400, text: KEPT_NOTHING });
  });

  it('behind multer, which took the form apart, says what happened and what to do', async () => {
    const { config } = await house();
    const gateway = expressGateway(config);
    const origin = await listen(framework().use(multer().any()).use('/llm', gateway), gateway);
    expect(await askWithForm(`${origin}/llm`)).toMatchObject({ status: 400, text: TAKEN_APART });
  });
});

describe.each([
  ['Koa 3', Koa],
  ['Koa 2', Koa2],
])('a gateway in %s', (_, Framework) => {
  it('used twice answers once', async () => {
    const { config, provider } = await house();
    const gateway = koaGateway(config);
    const app = new Framework().use(gateway).use(gateway);
    expect(await ask(`${await listen(app.callback(), gateway)}/llm`)).toMatchObject({ status: 200 });
    expect(provider.log.requests).toHaveLength(1);
  });

  it('at "/" leaves the routes before and after it alone', async () => {
    const { config } = await house();
    const gateway = koaGateway({ ...config, prefix: '/' });
    const app = new Framework();
    const answering = (path: string): Koa.Middleware => {
      return async (ctx, next) => {
        if (ctx.path === path) ctx.body = path.slice(1);
        else await next();
      };
    };
    app.use(answering('/before')).use(gateway).use(answering('/after'));
    const origin = await listen(app.callback(), gateway);
    expect(await ask(origin)).toMatchObject({ status: 200 });
    expect(await (await fetch(`${origin}/before`)).text()).toBe('before');
    expect(await (await fetch(`${origin}/after`)).text()).toBe('after');
  });

  it('below a parameter of a router has it in its hooks', async () => {
    const { config } = await house();
    const gateway = koaGateway({
      ...config,
      prefix: '/tenants/:tenant/llm',
      authenticate: ({ ctx }) => ({ id: `of ${(ctx.params as { tenant: string }).tenant}` }),
      authorize: ({ request }) => expectId(request.principal.id),
    });
    const router = new Router().all('/tenants/:tenant/llm/{*rest}', gateway);
    const app = new Framework().use(router.routes());
    const origin = await listen(app.callback(), gateway);
    expect(await ask(`${origin}/tenants/acme/llm`)).toMatchObject({ status: 200 });
    expect((await ask(`${origin}/tenants/llm`)).status).toBe(404);
  });

  it('behind a middleware that has answered, and went on all the same, does nothing', async () => {
    const { config, provider } = await house();
    const gateway = koaGateway(config);
    const app = new Framework();
    app.use(async (ctx, next) => {
      ctx.res.end('answered');
      await next();
    });
    app.use(gateway);
    expect(await ask(`${await listen(app.callback(), gateway)}/llm`)).toMatchObject({ text: 'answered' });
    expect(provider.log.requests).toEqual([]);
  });

  it("behind a parser with a smaller limit lets that say so, in the host's own words", async () => {
    const { config, provider } = await house();
    const gateway = koaGateway(config);
    const app = new Framework();
    app.silent = true;
    app.use(bodyParser({ jsonLimit: '1kb' })).use(gateway);
    const large = await ask(`${await listen(app.callback(), gateway)}/llm`, { ...ASK, user: 'x'.repeat(2_000) });
    expect(large.status).toBe(413);
    expect(provider.log.requests).toEqual([]);
  });

  it('behind somebody who consumed the body and kept nothing says what happened and what to do', async () => {
    const { config } = await house();
    const gateway = koaGateway(config);
    const app = new Framework();
    app.use(async (ctx, next) => {
      for await (const _ of ctx.req);
      await next();
    });
    app.use(gateway);
    const answer = await ask(`${await listen(app.callback(), gateway)}/llm`);
    expect(answer).toMatchObject({ status: 400, text: KEPT_NOTHING });
  });
});

describe('a gateway in Fastify 5', () => {
  async function start(build: (app: FastifyInstance) => Promise<unknown>): Promise<string> {
    const app = fastify({ forceCloseConnections: true });
    onTestFinished(() => app.close());
    await build(app);
    return app.listen({ port: 0, host: '127.0.0.1' });
  }

  it('registered twice, at two prefixes, answers at both', async () => {
    const { config } = await house();
    const [one, two] = [fastifyGateway(config), fastifyGateway(config)];
    const origin = await start(async (app) => {
      await app.register(one, { prefix: '/llm' });
      await app.register(two, { prefix: '/ai' });
    });
    expect(await ask(`${origin}/llm`)).toMatchObject({ status: 200 });
    expect(await ask(`${origin}/ai`)).toMatchObject({ status: 200 });
  });

  it('registered at one prefix twice does not start, and Fastify says which route is there already', async () => {
    const { config } = await house();
    const start2 = start(async (app) => {
      await app.register(fastifyGateway(config), { prefix: '/llm' });
      await app.register(fastifyGateway(config), { prefix: '/llm' });
    });
    await expect(start2).rejects.toThrow(/already declared for route '\/llm/);
  });

  it('at "/" leaves the routes before and after it alone', async () => {
    const { config } = await house();
    const origin = await start(async (app) => {
      app.get('/before', () => 'before');
      await app.register(fastifyGateway(config));
      app.get('/after', () => 'after');
    });
    expect(await ask(origin)).toMatchObject({ status: 200 });
    expect(await (await fetch(`${origin}/before`)).text()).toBe('before');
    expect(await (await fetch(`${origin}/after`)).text()).toBe('after');
    expect((await fetch(`${origin}/nowhere`)).status).toBe(404);
  });

  it('below a parameter has it in its hooks', async () => {
    const { config } = await house();
    const gateway = fastifyGateway({
      ...config,
      authenticate: ({ req }) => ({ id: `of ${(req.params as { tenant: string }).tenant}` }),
      authorize: ({ request }) => expectId(request.principal.id),
    });
    const origin = await start(async (app) => app.register(gateway, { prefix: '/tenants/:tenant/llm' }));
    expect(await ask(`${origin}/tenants/acme/llm`)).toMatchObject({ status: 200 });
  });

  it('behind a hook that has answered is not asked', async () => {
    const { config, provider } = await house();
    const origin = await start(async (app) => {
      app.addHook('preHandler', async (_request, reply) => reply.send('answered'));
      await app.register(fastifyGateway(config), { prefix: '/llm' });
    });
    expect(await ask(`${origin}/llm`)).toMatchObject({ status: 200, text: 'answered' });
    expect(provider.log.requests).toEqual([]);
  });

  it("has its own limit for bodies, whatever the host's is", async () => {
    const { config } = await house();
    const app = fastify({ forceCloseConnections: true, bodyLimit: 1_000 });
    onTestFinished(() => app.close());
    await app.register(fastifyGateway({ ...config, maxBodyBytes: 4_000 }), { prefix: '/llm' });
    const origin = await app.listen({ port: 0, host: '127.0.0.1' });
    expect((await ask(`${origin}/llm`, { ...ASK, user: 'x'.repeat(2_000) })).status).toBe(200);
    expect(await ask(`${origin}/llm`, { ...ASK, user: 'x'.repeat(5_000) })).toMatchObject({
      status: 413,
      text: expect.stringContaining('4000 bytes'),
    });
  });

  it('behind a hook that consumed the body and kept nothing says what happened and what to do', async () => {
    const { config } = await house();
    const origin = await start(async (app) => {
      app.addHook('onRequest', async ({ raw }) => {
        for await (const _ of raw);
      });
      await app.register(fastifyGateway(config), { prefix: '/llm' });
    });
    expect(await ask(`${origin}/llm`)).toMatchObject({ status: 400, text: KEPT_NOTHING });
  });

  it('beside @fastify/multipart reads its forms itself', async () => {
    const { config } = await house();
    const origin = await start(async (app) => {
      await app.register(fastifyMultipart, { attachFieldsToBody: true });
      await app.register(fastifyGateway(config), { prefix: '/llm' });
    });
    expect(await askWithForm(`${origin}/llm`)).toMatchObject({ status: 200 });
  });
});

describe('a gateway in Hono', () => {
  it('behind somebody who consumed the body and kept nothing says what happened and what to do', async () => {
    const { config, provider } = await house();
    const mounted = await mountHono(config, (app) =>
      app.use(async (c, next) => {
        await c.req.raw.text();
        await next();
      }),
    );
    onTestFinished(() => mounted.close());
    const answer = await ask(mounted.baseUrl.replace(/\/v1$/, ''));
    expect(answer).toMatchObject({ status: 400, text: expect.stringMatching(/consumed the body.*or a clone of it/) });
    expect(provider.log.requests).toEqual([]);
  });
});

describe('a gateway on node:http', () => {
  it('behind somebody who has answered, or consumed the body and kept nothing', async () => {
    const { config, provider } = await house();
    const gateway = createGateway(config);
    const listener = nodeListener(gateway, { prefix: '/llm' });
    const origin = await listen(async (req, res) => {
      if (req.headers['x-case'] === 'answered') res.end('answered');
      else for await (const _ of req);
      listener(req, res);
    }, gateway);
    expect(await ask(`${origin}/llm`, ASK, { 'x-case': 'answered' })).toMatchObject({ text: 'answered' });
    expect(provider.log.requests).toEqual([]);
    expect(await ask(`${origin}/llm`)).toMatchObject({ status: 400, text: KEPT_NOTHING });
  });
});

/** Where an app listens, for the length of the test. */
async function listen(
  listener: Parameters<typeof overHttp>[0],
  ...gateways: readonly Pick<Gateway<never>, 'close'>[]
): Promise<string> {
  const [gateway] = gateways;
  const mounted = await overHttp(listener, gateway as Gateway<never>);
  onTestFinished(() => mounted.close());
  return `http://127.0.0.1:${mounted.port}`;
}
