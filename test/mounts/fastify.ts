import { llmGateway } from '@portico/fastify';
import fastify, { type FastifyInstance } from 'fastify';
import { type MountConfig, type Mounted, mounted } from './mounted.js';

/** A Fastify app whose gateway lies below `/llm`; `before` installs what the host has in front of it. */
export async function mountFastify(
  config: MountConfig,
  before: (app: FastifyInstance) => unknown = () => undefined,
): Promise<Mounted> {
  const app = fastify({ forceCloseConnections: true });
  await before(app);
  const { authenticate, authorize, ...rest } = config;
  const gateway = llmGateway({
    ...rest,
    ...(authenticate && { authenticate: ({ req, request }) => authenticate({ req: req.raw, request }) }),
    ...(authorize && { authorize: ({ req, request }) => authorize({ req: req.raw, request }) }),
    closeGraceMs: 0,
  });
  await app.register(gateway, { prefix: '/llm' });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const port = (app.server.address() as { port: number }).port; // It listens on TCP, so this is never a pipe's name.
  return mounted(`http://127.0.0.1:${port}/llm/v1`, port, gateway, fetch, async () => {
    app.server.closeAllConnections();
    await app.close();
  });
}
