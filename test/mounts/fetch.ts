import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type HttpBindings, serve } from '@hono/node-server';
import type { Gateway, GatewayConfig } from '@portico/core';
import { createGateway } from '@portico/fetch';
import { createGateway as createNodeGateway } from '@portico/node';
import { Hono } from 'hono';
import { type MountConfig, type Mounted, mounted } from './mounted.js';

/** `gateway.fetch` and nothing around it: requests in, responses out, vendors asked by the runtime's own `fetch`. */
export async function mountFetch(config: MountConfig): Promise<Mounted> {
  const gateway: Gateway<never> = createGateway(config);
  const ask = (input: string, init: RequestInit) => {
    const request = new Request(input, init);
    const req = { url: request.url, headers: Object.fromEntries(request.headers), method: request.method };
    return gateway.fetch(request, { req } as never, { prefix: '/llm' });
  };
  return mounted('http://portico.test/llm/v1', undefined, gateway, ask as typeof fetch, () => Promise.resolve());
}

export type HonoApp = Hono<{ Bindings: HttpBindings }>;

/** A Hono app on Node whose gateway lies below `/llm`. */
export async function mountHono(config: MountConfig, before: (app: HonoApp) => void = () => {}): Promise<Mounted> {
  const gateway = createNodeGateway(config as GatewayConfig<never>);
  const app: HonoApp = new Hono();
  before(app);
  app.all('/llm/*', (c) => gateway.fetch(c.req.raw, { req: c.env.incoming } as never, { prefix: '/llm' }));
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo; // It listens on TCP, so this is never a pipe's name.
  return mounted(`http://127.0.0.1:${port}/llm/v1`, port, gateway, fetch, async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
}
