import { createServer, type Server } from 'node:http';
import type { Gateway } from '@portico/core';
import { llmGateway as expressGateway } from '@portico/express';
import { llmGateway as fastifyGateway } from '@portico/fastify';
import { llmGateway as koaGateway } from '@portico/koa';
import { createGateway, nodeListener } from '@portico/node';
import express from 'express';
import fastify from 'fastify';
import Koa from 'koa';
import { onTestFinished } from 'vitest';
import { type NestPlatform, nestModules } from '../mounts/nest.js';

/** A server that does not listen yet, and the gateway below its `/llm`. */
interface UpgradingHost {
  readonly server: Server;
  readonly gateway: Gateway<never>;
}

type Attach = (config: object) => Promise<UpgradingHost>;

/** Hosts whose server can be asked for WebSockets, by name. */
export const UPGRADING_HOSTS: Readonly<Record<string, Attach>> = {
  async 'node:http'(config) {
    const gateway = createGateway(config as never);
    return { server: createServer(nodeListener(gateway, { prefix: '/llm' })), gateway };
  },
  async 'Express 5'(config) {
    const gateway = expressGateway(config as never);
    return { server: createServer(express().use('/llm', gateway)), gateway };
  },
  async 'Koa 3'(config) {
    const gateway = koaGateway({ ...config, prefix: '/llm' } as never);
    const app = new Koa().use(gateway);
    const handle = app.callback();
    return { server: createServer((req, res) => void handle(req, res)), gateway };
  },
  async 'Fastify 5'(config) {
    const gateway = fastifyGateway(config as never);
    const app = fastify();
    app.register(gateway, { prefix: '/llm' });
    await app.ready();
    return { server: app.server, gateway };
  },
  'Nest 12 on Express': (config) => nestServer('express', config),
  'Nest 12 on Fastify': (config) => nestServer('fastify', config),
};

async function nestServer(platform: NestPlatform, config: object) {
  const { common, core, portico, adapter } = await nestModules(12, platform);
  class AppModule {}
  common.Module({ imports: [portico.LlmModule.forRoot(config as never)] })(AppModule);
  const app = await core.NestFactory.create(AppModule, adapter(), { logger: false, abortOnError: false });
  await app.init();
  // Fastify's routes are there only then; `app.listen` would see to it.
  if (platform === 'fastify') await (app.getHttpAdapter().getInstance() as { ready(): Promise<unknown> }).ready();
  onTestFinished(() => app.close());
  return { server: app.getHttpServer() as Server, gateway: app.get(portico.LlmService).gateway as Gateway<never> };
}

export function upgradingHost(name: string, config: object): Promise<UpgradingHost> {
  const attach = UPGRADING_HOSTS[name];
  if (attach === undefined) throw new TypeError(`There is no host "${name}".`);
  return attach(config);
}
