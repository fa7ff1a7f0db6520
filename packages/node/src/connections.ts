import type { Socket } from 'node:net';
import { GatewayError, withErrorListener } from '@portico/core';
import connectorOf from 'undici/lib/core/connect.js';
import Client from 'undici/lib/dispatcher/client.js';

/** One socket to an upstream at a time, for one exchange at a time. */
export interface Connection {
  readonly client: Client;
  /** Answers that came in over the present socket. */
  served: number;
  /** While it is being connected, and after. */
  socket: Socket | undefined;
  idle: boolean;
}

/** Who wants a connection. */
export interface Borrower {
  lent(connection: Connection): void;
  refused(error: GatewayError): void;
}

/** All connections to one origin. */
export interface Connections {
  /** Lends the connection that was used last, or a new one, or when the limit is reached the next that comes back. */
  borrow(borrower: Borrower): void;
  /** A connection that has never been used, in place of one that failed. */
  replace(connection: Connection): Connection;
  /** Takes back what can serve again. */
  giveBack(connection: Connection): void;
  /** Ends one that cannot serve again, with whatever is still under way on it. */
  drop(connection: Connection): void;
  /** Takes a wish back that was not fulfilled yet. */
  withdraw(borrower: Borrower): void;
  close(): Promise<void>;
}

export type Connect = ReturnType<typeof connectorOf>;

/** The connector all origins share, so that TLS sessions are resumed. Certificates are checked whatever the environment says. */
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
 * undici's own `Pool` lends its oldest free client, connected or not, looks through all of them for it (twice), and
 * does not tell which socket served a request. Here the warmest socket goes out first, so that after a burst the rest
 * can idle away and no first token waits for a handshake while a connected socket lies idle, and a request that died
 * on a used socket is known as such.
 */
export function connectionsTo(origin: string, connect: Connect, limit: number, idleSocketMs: number): Connections {
  const all = new Set<Connection>();
  const idle: Connection[] = [];
  const waiting: Borrower[] = [];
  let closed = false;

  function open(): Connection {
    const client = withErrorListener(
      new Client(origin, {
        connect(options, callback) {
          connection.socket = withErrorListener(connect(options, callback));
        },
        // Core owns the deadlines.
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
    // undici's own abort of one request, and a client left alive with one, connect anew for what nobody waits for.
    connection.client.destroy(ENDED, () => {});
    // While a socket is being connected the client does not have it yet.
    connection.socket?.destroy();
  }

  return {
    borrow(borrower) {
      if (closed) return borrower.refused(closedFailure());
      const warm = idle.pop();
      if (warm !== undefined) {
        warm.idle = false;
        return borrower.lent(warm);
      }
      if (all.size < limit) return borrower.lent(open());
      waiting.push(borrower);
    },

    replace(connection) {
      end(connection);
      return open();
    },

    giveBack(connection) {
      connection.served++;
      const next = waiting.shift();
      if (next !== undefined) return next.lent(connection);
      connection.idle = true;
      idle.push(connection);
    },

    drop(connection) {
      end(connection);
      const next = waiting.shift();
      if (next !== undefined) next.lent(open());
    },

    withdraw(borrower) {
      const at = waiting.indexOf(borrower);
      if (at >= 0) waiting.splice(at, 1);
    },

    async close() {
      closed = true;
      for (const borrower of waiting.splice(0)) borrower.refused(closedFailure());
      await Promise.all([...all].map((connection) => connection.client.close()));
    },
  };
}

const ENDED = new Error('the exchange is over');

function closedFailure(): GatewayError {
  return new GatewayError('unavailable', 'The gateway is closing and sends no more requests.');
}
