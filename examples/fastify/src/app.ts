import { randomBytes } from 'node:crypto';
import cookie from '@fastify/cookie';
import session from '@fastify/session';
import { chooseModel, type Example, type ExampleOptions, findPageFile, isUser } from '@portico/example-shared';
import { llmGateway } from '@portico/fastify';
import fastify from 'fastify';

declare module 'fastify' {
  interface Session {
    user?: string | undefined;
  }
}

/** A Fastify app with sessions and a page, and a gateway in it. */
export async function buildApp({ fakeProvider }: ExampleOptions = {}): Promise<Example> {
  const model = await chooseModel(fakeProvider);

  // The app without the gateway.
  const app = fastify({ forceCloseConnections: true });
  await app.register(cookie);
  await app.register(session, {
    secret: process.env.SESSION_SECRET || randomBytes(32).toString('hex'),
    cookie: { secure: 'auto', sameSite: 'lax' },
  });
  app.get('/*', (request, reply) => {
    const file = findPageFile(request.url);
    return file === undefined ? reply.callNotFound() : reply.type(file.type).send(file.body);
  });
  app.post<{ Body: { user?: unknown } }>('/login', (request, reply) => {
    const { user } = request.body;
    if (!isUser(user)) return reply.code(401).send();
    request.session.user = user;
    return reply.code(204).send();
  });
  app.post('/logout', (request, reply) => {
    // Signing out ends running answers.
    gateway.revoke(String(request.session.user));
    request.session.user = undefined;
    return reply.code(204).send();
  });
  app.get('/me', (request, reply) =>
    request.session.user === undefined ? reply.code(401).send() : { user: request.session.user },
  );

  // The gateway.
  const gateway = llmGateway({
    models: { fast: [model.deployment] },
    authenticate: ({ req }) => req.session.user && { id: req.session.user, budget: { usd: 1, per: 'day' } },
  });
  await app.register(gateway, { prefix: '/llm' });

  return {
    listen: (port = 0, host = '127.0.0.1') => app.listen({ port, host }),
    async close() {
      await app.close();
      await model.close();
    },
  };
}
