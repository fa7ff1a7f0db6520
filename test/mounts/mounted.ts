import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Gateway, GatewayConfig } from '@portico/core';
import OpenAI from 'openai';

/** A gateway in one of the places it can live, and the ways to ask it. */
export interface Mounted {
  /** For clients; in-process no socket is behind it. */
  readonly baseUrl: string;
  /** Where a socket can be opened; undefined in-process. */
  readonly port: number | undefined;
  readonly gateway: Gateway<never>;
  /** The global `fetch`, or in-process the gateway's own. */
  readonly fetch: typeof fetch;
  /** The official client, without retries of its own. */
  openai(apiKey?: string): OpenAI;
  /** Posts a body to the chat endpoint as it is: text is not touched, anything else becomes JSON. */
  post(body: unknown, options?: { readonly headers?: HeadersInit; readonly signal?: AbortSignal }): Promise<Response>;
  close(): Promise<void>;
}

/** Over HTTP everybody is `anonymous`, unless the configuration says otherwise; in-process calls are made as `anonymous`. */
export type MountConfig = Omit<GatewayConfig<{ readonly req: IncomingMessage }>, ContentHook> &
  Pick<GatewayConfig, ContentHook>;

/** In tests these look at the content of calls and not at the host. */
type ContentHook = 'requestTransforms' | 'answerMiddleware' | 'chunkTransforms';

/** A mount behind a server of node:http that listens on a port of its own. */
export async function overHttp(listener: RequestListener, gateway: Gateway<never>): Promise<Mounted> {
  // What Node 20 takes before it says that it is full; later versions take four times as much.
  const server = createServer({ highWaterMark: 16 * 1024 }, listener);
  const port = await listen(server);
  return mounted(`http://127.0.0.1:${port}/llm/v1`, port, gateway, fetch, () => stop(server));
}

/** Everything a mount is besides its app. */
export function mounted(
  baseUrl: string,
  port: number | undefined,
  gateway: Gateway<never>,
  ask: typeof fetch,
  stopServer: () => Promise<void>,
): Mounted {
  return {
    baseUrl,
    port,
    gateway,
    fetch: ask,
    openai: (apiKey = 'unused') => new OpenAI({ baseURL: baseUrl, apiKey, fetch: ask, maxRetries: 0 }),
    post: (body, { headers, signal } = {}) =>
      ask(`${baseUrl}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...Object.fromEntries(new Headers(headers)) },
        body: typeof body === 'string' || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
        ...(signal && { signal }),
      }),
    async close() {
      await gateway.close({ graceMs: 0 });
      await stopServer();
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port; // It listens on TCP, so this is never a pipe's name.
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
