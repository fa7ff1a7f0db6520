import fastifyCompress from '@fastify/compress';
import fastifyCors from '@fastify/cors';
import fastifyHelmet from '@fastify/helmet';
import { llmGateway } from '@portico/fastify';
import fastify from 'fastify';
import { plainConfig } from '../targets/gateway-config.mjs';
import { ANSWER, listening, readAll } from './answer.mjs';

export async function mount(upstreamUrl) {
  return mountIn(fastify(), upstreamUrl);
}

/** Behind what people have in front. */
export async function dressed(upstreamUrl) {
  const app = fastify();
  for (const plugin of [fastifyHelmet, fastifyCors, fastifyCompress]) await app.register(plugin);
  return mountIn(app, upstreamUrl);
}

async function mountIn(app, upstreamUrl) {
  const { authenticate, ...config } = plainConfig(upstreamUrl);
  const gateway = llmGateway({ ...config, authenticate: ({ req }) => authenticate({ req: req.raw }) });
  await app.register(gateway, { prefix: '/llm' });
  return listen(app);
}

export async function empty() {
  const app = fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload) => readAll(payload));
  app.post('/llm/v1/chat/completions', async (_request, reply) => reply.type('application/json').send(ANSWER));
  return listen(app);
}

async function listen(app) {
  await app.listen({ port: 0, host: '127.0.0.1', backlog: 1024 });
  return listening(app.server, '/llm/v1');
}
