import { createServer } from 'node:http';
import { createGateway, nodeListener } from '@portico/node';

/** A gateway on a server without a framework. */
export async function serveOnNode(config) {
  const server = createServer(nodeListener(createGateway(config)));
  server.keepAliveTimeout = 60_000;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', 1024, resolve));
  return { url: `http://127.0.0.1:${server.address().port}/v1` };
}
