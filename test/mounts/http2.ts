import { createSecureServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { GatewayConfig } from '@portico/core';
import { createGateway, type NodeHost, nodeListener } from '@portico/node';
import { Agent, fetch as undiciFetch } from 'undici';
import { SELF_SIGNED } from '../../packages/node/test/self-signed.js';
import { type MountConfig, type Mounted, mounted } from './mounted.js';

/** A gateway behind Node's own HTTP/2 server, through its compatibility API, requested by a client that speaks HTTP/2 alone. */
export async function mountHttp2(config: MountConfig): Promise<Mounted> {
  // Its host's request is one of HTTP/2; the tests' hooks read nothing that it lacks.
  const gateway = createGateway(config as unknown as GatewayConfig<NodeHost>);
  const server = createSecureServer(SELF_SIGNED, nodeListener(gateway, { prefix: '/llm' }));
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const dispatcher = new Agent({ allowH2: true, connect: { rejectUnauthorized: false } });
  // A global FormData is none of undici's own, and an empty body leaves its streams of HTTP/2 open for ever.
  const ask = async (url: string, init: RequestInit = {}) => {
    const asked = new Request('http://unused', { method: 'POST', ...init, signal: null });
    const body = init.body ? new Uint8Array(await asked.arrayBuffer()) : null;
    const headers = Object.fromEntries(asked.headers);
    return undiciFetch(url, { ...(init as object), headers, body, dispatcher });
  };
  // No raw socket speaks it, so there is no port for one.
  return mounted(
    `https://127.0.0.1:${port}/llm/v1`,
    undefined,
    gateway,
    Object.assign(ask, { Response }) as unknown as typeof fetch,
    async () => {
      await dispatcher.destroy();
      for (const session of sessions) session.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  );
}
