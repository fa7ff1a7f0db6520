import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { withErrorListener } from '@portico/core';
import { createProviderLog, type OpenRequest, type ProviderLog } from '../provider-log.js';
import { ClientLeft, openReply, type ProviderReply } from './provider-reply.js';

/** One request in progress: its data, its log entry, and the functions to answer. */
export interface Exchange {
  readonly request: OpenRequest;
  readonly reply: ProviderReply;
  /** How many requests this connection has had, including this one. */
  readonly requestsOnSocket: number;
}

/** Where a provider listens and how to stop it. */
interface RunningServer {
  readonly origin: string;
  readonly port: number;
  readonly log: ProviderLog;
  /** Stops listening and cuts every connection. */
  close(): Promise<void>;
}

/** How to listen. */
interface ServerOptions {
  readonly host: string;
  readonly port: number;
  /** Key and certificate in PEM; without them the server uses plain HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Answers one request. Called when its body has arrived completely. */
  respond(exchange: Exchange): Promise<void>;
}

/** Listens, logs every request, and passes each to `respond` once its body has arrived. */
export async function startProviderServer(options: ServerOptions): Promise<RunningServer> {
  const writer = createProviderLog();
  const sockets = new Map<Socket, { readonly number: number; requests: number }>();
  let stopping = false;
  let requestCount = 0;
  let socketCount = 0;

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const socket = sockets.get(incoming.socket) ?? { number: 0, requests: 0 };
    socket.requests += 1;
    requestCount += 1;
    const request = logEntry(incoming, requestCount, socket.number);
    writer.arrived(request);
    response.once('close', () => {
      if (request.outcome === 'open') {
        request.outcome = response.writableFinished ? 'completed' : stopping ? 'cut' : 'aborted';
        if (request.outcome === 'completed') request.completedAtMs = performance.now();
        if (request.outcome === 'aborted') request.abortedAtMs = performance.now();
      }
      writer.changed();
    });

    const reply = openReply(incoming, response, request);
    try {
      await readBodyInto(request, await collect(incoming));
      writer.changed();
      await options.respond({ request, reply, requestsOnSocket: socket.requests });
    } catch (cause) {
      if (cause instanceof ClientLeft || response.destroyed) return;
      // Only the user's own reply function can throw here; an error response shows it where the test looks.
      const message = cause instanceof Error ? cause.message : String(cause);
      if (response.headersSent) await reply.cut();
      else await reply.json(500, { error: { message, type: 'server_error', param: null, code: null } });
    }
  }

  const listener = (incoming: IncomingMessage, response: ServerResponse) =>
    void serve(incoming, withErrorListener(response));
  const server: Server = options.tls
    ? withErrorListener(createSecureServer(options.tls, listener))
    : withErrorListener(createServer(listener));
  // Our own timeouts would end connections during a test about the timeouts of others.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  server.on(options.tls ? 'secureConnection' : 'connection', (connected: Socket) => {
    // A fault that resets its own socket is expected.
    const socket = withErrorListener(connected);
    socketCount += 1;
    sockets.set(socket, { number: socketCount, requests: 0 });
    writer.socketOpened();
    socket.once('close', () => {
      sockets.delete(socket);
      writer.socketClosed();
    });
  });
  server.on('tlsClientError', () => undefined);

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo; // It listens on TCP, so this is never a pipe's name.

  return {
    origin: `${options.tls ? 'https' : 'http'}://${options.host}:${port}`,
    port,
    log: writer.log,
    async close() {
      stopping = true;
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      // The sockets report their end a moment after the server reports its own.
      await yieldToEventLoop();
      writer.close();
    },
  };
}

function logEntry(incoming: IncomingMessage, number: number, socket: number): OpenRequest {
  const target = incoming.url ?? '/';
  const queryAt = target.indexOf('?');
  return {
    number,
    socket,
    method: incoming.method ?? '',
    path: queryAt < 0 ? target : target.slice(0, queryAt),
    query: new URLSearchParams(queryAt < 0 ? '' : target.slice(queryAt)),
    headers: incoming.headers,
    bodyBytes: new Uint8Array(),
    bodyText: '',
    body: undefined,
    bodyArrived: false,
    model: undefined,
    caseId: undefined,
    status: undefined,
    sentBytes: 0,
    outcome: 'open',
    arrivedAtMs: performance.now(),
    abortedAtMs: undefined,
    completedAtMs: undefined,
  };
}

async function collect(incoming: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of incoming) pieces.push(piece as Buffer); // No encoding is set, so pieces are Buffers.
  } catch {
    throw new ClientLeft();
  }
  return Buffer.concat(pieces);
}

async function readBodyInto(request: OpenRequest, bytes: Buffer<ArrayBuffer>): Promise<void> {
  request.bodyBytes = bytes;
  request.bodyText = bytes.toString('utf8');
  const type = request.headers['content-type'] ?? '';
  try {
    request.body = type.startsWith('multipart/') ? await readForm(bytes, type) : JSON.parse(request.bodyText);
  } catch {
    request.body = undefined;
  }
  request.model = modelInPath(request.path) ?? modelInBody(request.body);
  request.bodyArrived = true;
}

/** The fields of a form; a file as its name, type and size. */
async function readForm(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<Record<string, unknown>> {
  // oxlint-disable-next-line typescript/no-deprecated -- forms of tests are small, and no client of it is a stranger
  const form = await new Response(bytes, { headers: { 'content-type': type } }).formData();
  return Object.fromEntries(
    [...form].map(([name, value]) => [
      name,
      typeof value === 'string' ? value : { fileName: value.name, type: value.type, bytes: value.size },
    ]),
  );
}

const AZURE_DEPLOYMENT = /\/deployments\/([^/]+)\//;

function modelInPath(path: string): string | undefined {
  const name = AZURE_DEPLOYMENT.exec(path)?.[1];
  return name === undefined ? undefined : decodeURIComponent(name);
}

function modelInBody(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('model' in body)) return undefined;
  return typeof body.model === 'string' ? body.model : undefined;
}
