import { Writable } from 'node:stream';
import fastifyCompress from '@fastify/compress';
import fastifyCors from '@fastify/cors';
import fastifyHelmet from '@fastify/helmet';
import koaCors from '@koa/cors';
import { startFakeProvider } from '@portico/testing';
import compression from 'compression';
import cors from 'cors';
import express, { type RequestHandler } from 'express';
import express4 from 'express4';
import type { FastifyInstance } from 'fastify';
import helmet from 'helmet';
import koaCompress from 'koa-compress';
import koaHelmet from 'koa-helmet';
import morgan from 'morgan';
import { pinoHttp } from 'pino-http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { NEST_VERSIONS } from '../hosts/install.js';
import { mountFastify } from '../mounts/fastify.js';
import { mountKoa, mountKoa2 } from '../mounts/koa.js';
import { mountNest } from '../mounts/nest.js';
import { QUICK, WIRES } from '../support/gateway-on.js';
import { type MountConfig, type Mounted, mountExpress } from '../support/mounts.js';

const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });

function everything(): RequestHandler[] {
  return [
    morgan('combined', { stream: nowhere() }),
    pinoHttp({}, nowhere()) as RequestHandler,
    helmet(),
    cors({ origin: true, credentials: true }),
    compression(),
  ];
}

const HOSTS: Readonly<Record<string, (config: MountConfig) => Promise<Mounted>>> = {
  'Express 5': (config) => mountExpress(express, config, (app) => void app.use(...everything())),
  'Express 4': (config) => mountExpress(express4, config, (app) => void app.use(...everything())),
  'Koa 3': (config) => mountKoa(config, undefined, useEverything),
  'Koa 2': (config) => mountKoa2(config, useEverything),
  'Fastify 5': (config) => mountFastify(config, registerEverything),
  ...Object.fromEntries(
    NEST_VERSIONS.map((version) => [
      `Nest ${version} on Express`,
      (config: MountConfig) => mountNest(version, 'express', config, (app) => void app.use(...everything())),
    ]),
  ),
  // Nest 10 brings a Fastify that today's plugins do not fit.
  ...Object.fromEntries(
    ([11, 12] as const).map((version) => [
      `Nest ${version} on Fastify`,
      (config: MountConfig) =>
        mountNest(version, 'fastify', config, (app) => registerEverything(app.getHttpAdapter().getInstance())),
    ]),
  ),
};

function registerEverything(app: FastifyInstance): void {
  app.register(fastifyHelmet);
  app.register(fastifyCors, { origin: true, credentials: true });
  app.register(fastifyCompress);
}

function useEverything(app: Parameters<NonNullable<Parameters<typeof mountKoa>[2]>>[0]): void {
  app.use(koaHelmet());
  app.use(koaCors({ credentials: true }));
  app.use(koaCompress());
}

describe.each(Object.entries(HOSTS))('R-STR-7, R8: %s behind compression, helmet, cors and loggers', (_, start) => {
  it('hands on each token as it comes, and comments while the model is silent, unpacked', async () => {
    const { mounted } = await open(start, 'fault-f34', { heartbeatMs: 20 });
    const answer = await ask(mounted);
    expect(answer.headers.get('content-encoding')).toBeNull();
    // The vendor has sent five tokens and then says nothing for ever: they are here, or the test waits for ever.
    expect(await readUntil(answer, ': keep-alive')).toContain('"content"');
  });

  it('keeps what stands in front on the answer, streamed or whole', async () => {
    const { mounted } = await open(start, 'well');
    for (const stream of [true, false]) {
      const answer = await ask(mounted, stream);
      await answer.text();
      expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
      expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });
});

function ask(mounted: Mounted, stream = true): Promise<Response> {
  const headers = { origin: 'https://app.example', 'accept-encoding': 'gzip, br' };
  return mounted.post({ model: 'chat', stream, messages: [{ role: 'user', content: 'Hello' }] }, { headers });
}

async function readUntil(answer: Response, wanted: string): Promise<string> {
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes(wanted)) text += String((await reader?.read())?.value);
  await reader?.cancel();
  return text;
}

async function open(start: (config: MountConfig) => Promise<Mounted>, model: string, more: Partial<MountConfig> = {}) {
  const provider = await startFakeProvider();
  const mounted = await start({ ...QUICK, csrf: false, models: { chat: [WIRES.openai(provider, model)] }, ...more });
  onTestFinished(async () => {
    await mounted.close();
    await provider.close();
  });
  return { mounted };
}
