import { type FastifyHost, llmGateway } from '@portico/fastify';
import fastify, { type FastifyInstance } from 'fastify';
import { hooksOf } from './hooks-of.js';
import { type MountConfig, type Mounted, mounted } from './mounted.js';

/** A Fastify app whose gateway lies below `/llm`; `before` installs what the host has in front of it. */
export async function mountFastify(
  config: MountConfig,
  before: (app: FastifyInstance) => unknown = () => undefined,
): Promise<Mounted> {
  const app = fastify({ forceCloseConnections: true });
  await before(app);
  const gateway = llmGateway({ ...hooksOf(config, ({ req }: FastifyHost) => req.raw), closeGraceMs: 0 });
  await app.register(gateway, { prefix: '/llm' });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const port = (app.server.address() as { port: number }).port; // It listens on TCP, so this is never a pipe's name.
  return mounted(`http://127.0.0.1:${port}/llm/v1`, port, gateway, fetch, async () => {
    app.server.closeAllConnections();
    await app.close();
  });
}
