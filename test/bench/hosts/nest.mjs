import 'reflect-metadata';
import { All, Controller, Module, Req, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { LlmModule } from '@portico/nestjs';
import { plainConfig } from '../targets/gateway-config.mjs';
import { ANSWER, listening, readAll } from './answer.mjs';
import { inFront } from './express.mjs';

export const mountOnExpress = (upstreamUrl) => start(gatewayModule(upstreamUrl), new ExpressAdapter());
export const mountOnFastify = (upstreamUrl) => start(gatewayModule(upstreamUrl), new FastifyAdapter());
/** Behind what people have in front. */
export const dressedOnExpress = (upstreamUrl) =>
  start(gatewayModule(upstreamUrl), new ExpressAdapter(), (app) => app.use(...inFront()));
export const emptyOnExpress = () => start(emptyModule(), new ExpressAdapter());
export const emptyOnFastify = () => start(emptyModule(), new FastifyAdapter());

async function start(module, adapter, before = () => undefined) {
  const app = await NestFactory.create(module, adapter, { logger: false });
  before(app);
  await app.listen(0, '127.0.0.1');
  return listening(app.getHttpServer(), '/llm/v1');
}

function gatewayModule(upstreamUrl) {
  class AppModule {}
  Module({ imports: [LlmModule.forRoot({ path: 'llm', ...plainConfig(upstreamUrl) })] })(AppModule);
  return AppModule;
}

/** A controller that answers with text, behind Nest's own body parser as the gateway's is. */
function emptyModule() {
  class EmptyController {
    async answer(request, response) {
      if (!request.body) await readAll(request);
      // Express and Fastify both have it.
      response.header('content-type', 'application/json');
      response.send(ANSWER);
    }
  }
  Controller('llm')(EmptyController);
  const descriptor = Object.getOwnPropertyDescriptor(EmptyController.prototype, 'answer');
  Req()(EmptyController.prototype, 'answer', 0);
  Res()(EmptyController.prototype, 'answer', 1);
  All('v1/chat/completions')(EmptyController.prototype, 'answer', descriptor);
  class AppModule {}
  Module({ controllers: [EmptyController] })(AppModule);
  return AppModule;
}
