import { createServer } from 'node:http';
import koaCors from '@koa/cors';
import { llmGateway } from '@portico/koa';
import Koa from 'koa';
import koaCompress from 'koa-compress';
import koaHelmet from 'koa-helmet';
import { plainConfig } from '../targets/gateway-config.mjs';
import { ANSWER, listening, readAll } from './answer.mjs';

export function mount(upstreamUrl) {
  return mountIn(new Koa(), upstreamUrl);
}

/** Behind what people have in front. */
export function dressed(upstreamUrl) {
  return mountIn(new Koa().use(koaHelmet()).use(koaCors()).use(koaCompress()), upstreamUrl);
}

function mountIn(app, upstreamUrl) {
  const { authenticate, ...config } = plainConfig(upstreamUrl);
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
