import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, type Span } from '@opentelemetry/sdk-trace-base';
import { createGateway, nodeListener } from '@portico/node';
import { startFakeProvider } from '@portico/testing';
import express from 'express';
import express4 from 'express4';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { NEST_VERSIONS } from '../hosts/install.js';
import { mountFastify } from '../mounts/fastify.js';
import { mountFetch, mountHono } from '../mounts/fetch.js';
import { mountKoa, mountKoa2 } from '../mounts/koa.js';
import { overHttp } from '../mounts/mounted.js';
import { mountNest } from '../mounts/nest.js';
import { WIRES } from '../support/gateway-on.js';
import { type MountConfig, type Mounted, mountExpress } from '../support/mounts.js';

/** What a host keeps for the request at hand: here only whose it is. */
const house = new AsyncLocalStorage<string>();
const tracer = new BasicTracerProvider().getTracer('house');

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

/** What a host's first middleware does: everything behind it belongs to this user, and to a span of this user's name. */
function entering<T>(headers: IncomingHttpHeaders, behind: () => T): T {
  const user = String(headers['x-user']);
  return house.run(user, () => tracer.startActiveSpan(user, () => behind()));
}

const HOSTS: Readonly<Record<string, (config: MountConfig) => Promise<Mounted>>> = {
  'Express 5': (config) =>
    mountExpress(express, config, (app) => app.use((req, _, next) => entering(req.headers, next))),
  'Express 4': (config) =>
    mountExpress(express4, config, (app) => app.use((req, _, next) => entering(req.headers, next))),
  'Koa 3': (config) => mountKoa(config, undefined, (app) => app.use((ctx, next) => entering(ctx.headers, next))),
  'Koa 2': (config) => mountKoa2(config, (app) => app.use((ctx, next) => entering(ctx.headers, next))),
  'Fastify 5': (config) => mountFastify(config, enterInFastify),
  ...Object.fromEntries(
    NEST_VERSIONS.flatMap((version) => [
      [
        `Nest ${version} on Express`,
        (config: MountConfig) =>
          mountNest(version, 'express', config, (app) =>
            app.use((req: { headers: IncomingHttpHeaders }, _: unknown, next: () => void) =>
              entering(req.headers, next),
            ),
          ),
      ],
      [
        `Nest ${version} on Fastify`,
        (config: MountConfig) =>
          mountNest(version, 'fastify', config, (app) => enterInFastify(app.getHttpAdapter().getInstance())),
      ],
    ]),
  ),
  Hono: (config) => mountHono(config, (app) => app.use((c, next) => entering(c.env.incoming.headers, next))),
  async 'node:http'(config) {
    const gateway = createGateway(config as never);
    const listener: RequestListener = nodeListener(gateway, { prefix: '/llm' });
    return overHttp((req, res) => entering(req.headers, () => listener(req, res)), gateway);
  },
  async 'gateway.fetch'(config) {
    const mounted = await mountFetch(config);
    const ask: typeof fetch = (input, init) =>
      entering(Object.fromEntries(new Headers(init?.headers)), () => mounted.fetch(input, init));
    return {
      ...mounted,
      fetch: ask,
      post: (body, { headers } = {}) =>
        ask(`${mounted.baseUrl}/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...(headers as Record<string, string>) },
          body: JSON.stringify(body),
        }),
    };
  },
};

function enterInFastify(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _, done) => entering(request.headers, done));
}

describe.each(Object.entries(HOSTS))('R-EMB: the request context of %s', (_, start) => {
  it('is there in every hook, of two calls at once each its own, also after a stream and after awaits', async () => {
    const provider = await startFakeProvider({ tokenDelayMs: 2 });
    onTestFinished(() => provider.close());
    const seen = new Map<string, Set<string>>();
    /** Notes whose context a hook runs in, before and after an await of its own. */
    const note = async (hook: string, whose: string) => {
      const found = () => `${whose}: ${house.getStore()}, ${(trace.getActiveSpan() as Span | undefined)?.name}`;
      const before = found();
      await delay(1);
      seen.set(hook, new Set([...(seen.get(hook) ?? []), before, found()]));
    };

    const mounted = await start({
      models: { chat: [WIRES.openai(provider, 'well')] },
      async authenticate({ request }) {
        const id = String(request.header('x-user'));
        await note('authenticate', id);
        return { id };
      },
      authorize: ({ request }) => note('authorize', request.principal.id),
      interceptors: [
        (next) => async (request) => {
          await note('interceptor', String(JSON.parse(request.body as string).user));
          return next(request);
        },
      ],
      observers: [
        {
          callStarted: ({ principal }) => note('callStarted', principal.id),
          attemptEnded: ({ principal }) => note('attemptEnded', principal.id),
          callEnded: ({ principal }) => note('callEnded', principal.id),
        },
      ],
      onUsage: ({ principal }) => note('onUsage', principal.id),
    });
    onTestFinished(() => mounted.close());

    const ask = async (user: string, stream: boolean) => {
      const body = { model: 'chat', user, stream, messages: [{ role: 'user', content: 'Hello' }] };
      const answer = await mounted.post(body, { headers: { 'x-user': user } });
      expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('Hello')]);
    };
    await Promise.all([ask('ada', true), ask('grace', true), ask('ada', false), ask('grace', false)]);
    await mounted.gateway.close({ graceMs: 1_000 });

    const both = new Set(['ada: ada, ada', 'grace: grace, grace']);
    const hooks = ['authenticate', 'authorize', 'interceptor', 'callStarted', 'attemptEnded', 'callEnded', 'onUsage'];
    expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(hooks.map((hook) => [hook, both])));
  });
});
