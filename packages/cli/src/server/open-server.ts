import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { withErrorListener } from '@portico/core';
import type { IncomingRequest, Reply } from '@portico/core/mount';
import { attachRealtime, type NodeHost, nodeListener } from '@portico/node';
import { answerHealth } from './health.js';
import { forLiteLlmClients } from './litellm-clients.js';
import { refusalOfForeign } from './local-only.js';
import { answerModelInfo } from './model-info.js';
import { sendJson } from './send-json.js';
import type { ServedConfig } from './served.js';

/** A server that is listening. */
export interface OpenServer {
  /** `http://localhost:4000` */
  readonly url: string;
  /** Rejects new calls, lets running ones end for `graceMs` (default 10,000), then ends them, and stops listening. */
  close(graceMs?: number): Promise<void>;
}

/** Longer than the load balancers in front keep a connection, so that none of them uses one that is closing. */
const KEEP_ALIVE_MS = 75_000;

/** Longest time for clients to read what they were sent. */
const LAST_BYTES_MS = 2_000;

/** Serves a gateway at the root, and endpoints for operators. Rejects if it cannot listen. */
export async function openServer(
  served: ServedConfig,
  where: { readonly host: string; readonly port: number },
): Promise<OpenServer> {
  const answers = { handle: forLiteLlmClients(served) };
  const listener = nodeListener(answers);
  // Once it listens, its errors are of connections that it could not accept; the next one may come.
  const server = withErrorListener(
    createServer((req, answering) => {
      const res = withErrorListener(answering);
      const refusal = foreign(req.headers);
      if (refusal !== undefined) return sendJson(res, 403, refusal);
      const answer = answerOf(req);
      if (answer === undefined) return listener(req, res);
      answer(req, res, served).catch(() => {
        sendJson(res, 500, { error: { message: 'The request failed.', type: 'api_error' } });
      });
    }),
  );
  const sockets: typeof answers = {
    handle: async (request) => refusalOfSocket(request) ?? answers.handle(request),
  };
  attachRealtime(server, sockets);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
  /** Why a request is not answered, as a body; undefined if it is. */
  function foreign(headers: Parameters<typeof refusalOfForeign>[0]): object | undefined {
    if (served.isOpen || served.loaded.guard !== 'none') return undefined;
    const message = refusalOfForeign(headers);
    return message === undefined ? undefined : { error: { message, type: 'permission_error', code: 'forbidden' } };
  }

  function refusalOfSocket({ host: { req } }: IncomingRequest<NodeHost>): Reply | undefined {
    const refusal = foreign(req.headers);
    if (refusal === undefined) return undefined;
    return { kind: 'whole', status: 403, headers: ['content-type', 'application/json'], body: JSON.stringify(refusal) };
  }

  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  const name = where.host === '0.0.0.0' || where.host === '127.0.0.1' || where.host === '::' ? 'localhost' : where.host;
  return {
    url: `http://${name.includes(':') ? `[${name}]` : name}:${port}`,
    async close(graceMs) {
      // It still listens: new requests get "try again", and load balancers "not ready".
      await served.gateway.close(graceMs === undefined ? {} : { graceMs });
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // The last bytes are still being sent, and their connections would be kept alive after them.
      const idle = setInterval(() => server.closeIdleConnections(), 20);
      const late = setTimeout(() => server.closeAllConnections(), LAST_BYTES_MS);
      server.closeIdleConnections();
      await closed;
      clearInterval(idle);
      clearTimeout(late);
    },
  };
}

/** Why it could not listen, and what to do. */
export function explainListenError(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE') {
    return `Port ${port} is taken. Stop the program that listens there, or choose another port: --port ${port + 1}`;
  }
  if (error.code === 'EACCES') return `Port ${port} needs permissions you do not have. Choose another: --port 4000`;
  return `Cannot listen on ${host}:${port}: ${error.message}`;
}

type Answer = (req: IncomingMessage, res: ServerResponse, served: ServedConfig) => Promise<void>;

/** Undefined for paths of the gateway. */
function answerOf({ method, url = '/' }: IncomingMessage): Answer | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  const path = url.split('?', 1)[0] ?? '/';
  if (path === '/health' || path.startsWith('/health/')) return answerHealth;
  if (path === '/model/info' || path === '/v1/model/info') return answerModelInfo;
  return undefined;
}
