import { createServer } from 'node:http';
import { llmGateway } from '@portico/koa';
import Koa from 'koa';
import { plainConfig } from '../targets/gateway-config.mjs';
import { ANSWER, listening, readAll } from './answer.mjs';

export function mount(upstreamUrl) {
  const { authenticate, ...config } = plainConfig(upstreamUrl);
  const app = new Koa();
  app.use(llmGateway({ ...config, prefix: '/llm', authenticate: ({ ctx }) => authenticate({ req: ctx.req }) }));
  return listening(createServer(app.callback()), '/llm/v1');
}

export function empty() {
  const app = new Koa();
  app.use(async (ctx) => {
    await readAll(ctx.req);
    ctx.type = 'application/json';
    ctx.body = ANSWER;
  });
  return listening(createServer(app.callback()), '/llm/v1');
}
