import type { Socket } from 'node:net';
import { GatewayError, withErrorListener } from '@portico/core';
import connectorOf from 'undici/lib/core/connect.js';
import Client from 'undici/lib/dispatcher/client.js';

/** One socket to an upstream at a time, for one exchange at a time. */
export interface Connection {
  readonly client: Client;
  /** The number of answers over the current socket. */
  served: number;
  /** While it is being connected, and after. */
  socket: Socket | undefined;
  idle: boolean;
}

/** A request for a connection. */
export interface ConnectionRequest {
  onConnection(connection: Connection): void;
  onConnectionError(error: GatewayError): void;
}

/** All connections to one origin. */
export interface Connections {
  /** Assigns the most recently used connection, or a new one, or, at the limit, the next that is released. */
  acquire(request: ConnectionRequest): void;
  /** An unused connection, in place of one that failed. */
  replace(connection: Connection): Connection;
  /** Releases a connection that can be used again. */
  release(connection: Connection): void;
  /** Closes a connection that cannot be used again, with everything in progress on it. */
  drop(connection: Connection): void;
  /** Cancels a request for a connection. */
  cancel(request: ConnectionRequest): void;
  close(): Promise<void>;
}

export type Connect = ReturnType<typeof connectorOf>;

/**
 * The connector of all origins, so that TLS sessions are resumed. TLS verification cannot be disabled by environment
 * variables.
 */
export function certificateCheckingConnect(
  connectTimeoutMs: number,
  certificateAuthority: string | undefined,
): Connect {
  return connectorOf({
    rejectUnauthorized: true,
    timeout: connectTimeoutMs,
    allowH2: false,
    ...(certificateAuthority === undefined ? undefined : { ca: certificateAuthority }),
  });
}

/**
 * undici's own `Pool` assigns its oldest free client, connected or not, searches all of them for it (twice), and does
 * not report which socket served a request. Here the most recently used socket is assigned first, so that after a
 * burst the others can time out, no first token waits for a handshake while a connected socket is idle, and a request
 * that failed on a reused socket is recognised.
 */
export function connectionsTo(origin: string, connect: Connect, limit: number, idleSocketMs: number): Connections {
  const all = new Set<Connection>();
  const idle: Connection[] = [];
  const waiting: ConnectionRequest[] = [];
  let closed = false;

  function open(): Connection {
    const client = withErrorListener(
      new Client(origin, {
        connect(options, callback) {
          connection.socket = withErrorListener(connect(options, callback));
        },
        // Core has the deadlines.
        headersTimeout: 0,
        bodyTimeout: 0,
        keepAliveTimeout: idleSocketMs,
        pipelining: 1,
        allowH2: false,
      }),
    );
    const connection: Connection = { client, served: 0, socket: undefined, idle: false };
    client.on('disconnect', () => {
      connection.served = 0;
      if (!connection.idle) return;
      idle.splice(idle.indexOf(connection), 1);
      all.delete(connection);
    });
    all.add(connection);
    return connection;
  }

  function end(connection: Connection): void {
    all.delete(connection);
    // undici's own abort of one request, or a client that stays open, would connect again for nobody.
    connection.client.destroy(ENDED, () => {});
    // While a socket is being connected the client does not have it yet.
    connection.socket?.destroy();
  }

  return {
    acquire(request) {
      if (closed) return request.onConnectionError(closedFailure());
      const warm = idle.pop();
      if (warm !== undefined) {
        warm.idle = false;
        return request.onConnection(warm);
      }
      if (all.size < limit) return request.onConnection(open());
      waiting.push(request);
    },

    replace(connection) {
      end(connection);
      return open();
    },

    release(connection) {
      connection.served++;
      const next = waiting.shift();
      if (next !== undefined) return next.onConnection(connection);
      connection.idle = true;
      idle.push(connection);
    },

    drop(connection) {
      end(connection);
      const next = waiting.shift();
      if (next !== undefined) next.onConnection(open());
    },

    cancel(request) {
      const at = waiting.indexOf(request);
      if (at >= 0) waiting.splice(at, 1);
    },

    async close() {
      closed = true;
      for (const request of waiting.splice(0)) request.onConnectionError(closedFailure());
      await Promise.all([...all].map((connection) => connection.client.close()));
    },
  };
}

const ENDED = new Error('the exchange has ended');

function closedFailure(): GatewayError {
  return new GatewayError('unavailable', 'The gateway is closing and sends no more requests.');
}
