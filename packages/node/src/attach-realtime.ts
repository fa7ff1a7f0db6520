import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Gateway, withErrorListener } from '@portico/core';
import type { MessageSocket, Reply } from '@portico/core/mount';
import { LONGEST_MESSAGE_BYTES, loadWs } from './load-ws.js';
import { messageSocket } from './message-socket.js';
import { UpgradeRequest } from './upgrade-request.js';

/** The signature of middleware in Express and Connect. */
export type NodeMiddleware = (req: never, res: never, next: (error?: unknown) => void) => unknown;

export interface RealtimeOptions<Host> {
  /** The mount path of the gateway: `/llm`. Default: the root. */
  readonly prefix?: string;
  /**
   * Middleware that runs before hooks: the host's session and login. A framework's own middleware does not run for
   * WebSocket upgrades, so `req.session` does not exist unless it is listed here.
   */
  readonly use?: readonly NodeMiddleware[];
  /** What hooks get from the framework, after `use`. Default: `{ req, res }`. */
  readonly host?: (req: IncomingMessage, res: ServerResponse) => Host | Promise<Host>;
  /** The peer's address, behind a proxy that the host trusts. Default: the socket's. */
  readonly ip?: (req: IncomingMessage) => string | undefined;
}

/** A server of node:http or node:https. */
interface UpgradingServer {
  on(event: 'upgrade', listener: OnUpgrade): unknown;
  off(event: 'upgrade', listener: OnUpgrade): unknown;
  listenerCount(event: string): number;
}

type OnUpgrade = (req: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * Lets the gateway answer WebSocket requests at `/v1/realtime` of a server of node:http or node:https, with any
 * framework: call it once with what `listen` returned. Needs the package `ws`. Returns a function that removes it;
 * open sessions continue.
 */
export function attachRealtime<Host>(
  server: UpgradingServer,
  gateway: Pick<Gateway<Host>, 'handle'>,
  options: RealtimeOptions<Host> = {},
): () => void {
  const prefix = options.prefix?.replace(/(?<!\/)\/+$/, '') ?? '';

  function onUpgrade(req: IncomingMessage, upgraded: Duplex, head: Buffer): void {
    // Node has taken its own listener away. Whichever listener the socket is for, a client that leaves must not end the process.
    const socket = withErrorListener(upgraded);
    const path = ownPath(req);
    if (path !== undefined) answer(req, socket, head, path).catch(() => socket.destroy());
    // Other listeners answer for other paths; without one Node would leave the client waiting for ever.
    else if (nobodyAnswers(server, req)) refuse(socket, 404, [], '');
  }

  function ownPath(req: IncomingMessage): string | undefined {
    const path = pathBelow(prefix, req.url ?? '/');
    return path !== undefined && PATH.test(path) ? path : undefined;
  }

  async function answer(req: IncomingMessage, socket: Duplex, head: Buffer, path: string): Promise<void> {
    const res = withErrorListener(new ServerResponse(req));
    let reply: Reply | undefined;
    try {
      for (const middleware of options.use ?? []) await run(middleware, req, res);
      if (res.writableEnded) return refuse(socket, res.statusCode, [], '');
      const host = (await options.host?.(req, res)) ?? ({ req, res } as Host); // the usual host of Node's hooks
      const request = new UpgradeRequest(req, socket, path, host, options.ip?.(req), () => accept(req, socket, head));
      reply = await gateway.handle(request);
    } catch {
      // Errors of the host's own code are logged by the host; the client gets no details.
      return refuse(socket, 500, [], '');
    }
    if (reply?.status === 101) return;
    if (reply?.kind === 'whole') refuse(socket, reply.status, reply.headers, reply.body);
    else refuse(socket, 404, [], '');
  }

  const gateways = attachedTo.get(server) ?? new Map<OnUpgrade, IsOurs>();
  attachedTo.set(server, gateways);
  gateways.set(onUpgrade, (req) => ownPath(req) !== undefined);
  server.on('upgrade', onUpgrade);
  return () => {
    gateways.delete(onUpgrade);
    server.off('upgrade', onUpgrade);
  };
}

type IsOurs = (req: IncomingMessage) => boolean;

/** The gateways that listen on a server: one with several of them is still one where nobody else does. */
const attachedTo = new WeakMap<UpgradingServer, Map<OnUpgrade, IsOurs>>();

function nobodyAnswers(server: UpgradingServer, req: IncomingMessage): boolean {
  const gateways = [...(attachedTo.get(server)?.values() ?? [])];
  return server.listenerCount('upgrade') <= gateways.length && !gateways.some((isOurs) => isOurs(req));
}

const PATH = /^(?:\/v1){0,2}\/realtime\/?$/;

/** The only supported subprotocol; the others carry credentials, which are never sent back. */
const SUBPROTOCOL = 'realtime';

async function accept(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<MessageSocket> {
  const { WebSocketServer } = await loadWs();
  if (socket.destroyed) throw new Error('The client has disconnected.');
  const server = withErrorListener(
    new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: LONGEST_MESSAGE_BYTES,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    }),
  );
  return new Promise((resolve, reject) => {
    // An invalid handshake is answered by `ws`, and closed.
    server.once('wsClientError', (error) => {
      refuse(socket, 400, [], '');
      reject(error);
    });
    socket.once('close', () => reject(new Error('The client has disconnected.')));
    server.handleUpgrade(req, socket, head, (open) => resolve(messageSocket(withErrorListener(open))));
  });
}

function run(middleware: NodeMiddleware, req: IncomingMessage, res: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    // Middleware that answers itself does not call next, and a response without a socket never reports its end.
    const { end } = res;
    res.end = (...given: unknown[]) => {
      resolve();
      return Reflect.apply(end, res, given) as ServerResponse;
    };
    const next = (error?: unknown) => {
      if (error === undefined || error === null) resolve();
      else reject(new Error('A middleware rejected the request.', { cause: error }));
    };
    try {
      middleware(req as never, res as never, next);
    } catch (error) {
      reject(error);
    }
  });
}

function refuse(socket: Duplex, status: number, headers: readonly string[], body: string | Uint8Array): void {
  if (!socket.writable) return;
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}`, 'connection: close'];
  for (let at = 0; at + 1 < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
  lines.push(`content-length: ${Buffer.byteLength(body)}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  socket.end(body);
}

function pathBelow(prefix: string, url: string): string | undefined {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  if (!path.startsWith(prefix)) return undefined;
  const below = path.slice(prefix.length);
  return below.startsWith('/') ? below : undefined;
}
