import { GatewayError } from '@portico/core';
import type { Transport, UpstreamReply } from '@portico/core/provider';
import { type Connections, certificateCheckingConnect, connectionsTo } from './connections.js';
import { Exchange } from './exchange.js';
import { openUpstreamSocket } from './open-upstream-socket.js';

export interface UndiciTransportOptions {
  /** Most sockets per origin; further requests wait. Default: no limit, because every open stream needs its own. */
  readonly connectionsPerOrigin?: number;
  /**
   * How long an unused socket is kept if the server names no time of its own. Default 30,000 milliseconds: a new TLS
   * connection costs the next call two or three round trips before its first token.
   */
  readonly idleSocketMs?: number;
  /** Longest time until a socket is connected and its TLS handshake done. Default 10,000 milliseconds. */
  readonly connectTimeoutMs?: number;
  /** PEM of a private certificate authority to trust instead of the public ones. Certificates are always checked. */
  readonly certificateAuthority?: string;
}

/**
 * The transport for Node: undici's client without its stream objects. HTTP/1.1, no redirects, no deadlines of its own
 * except for connecting. Opens nothing until the first request.
 */
export function undiciTransport(options: UndiciTransportOptions = {}): Transport {
  const limit = options.connectionsPerOrigin ?? Number.POSITIVE_INFINITY;
  const idleSocketMs = options.idleSocketMs ?? 30_000;
  const connect = certificateCheckingConnect(options.connectTimeoutMs ?? 10_000, options.certificateAuthority);
  const origins = new Map<string, Connections>();
  let closed: Promise<unknown> | undefined;

  return {
    send(request) {
      const { cancellation, origin } = request;
      if (cancellation.cancelled) return Promise.reject(cancellation.reason);
      if (closed !== undefined) return Promise.reject(afterClose());
      let connections = origins.get(origin);
      if (connections === undefined) {
        connections = connectionsTo(origin, connect, limit, idleSocketMs);
        origins.set(origin, connections);
      }
      const lender = connections;
      return new Promise<UpstreamReply>((resolve, reject) => new Exchange(request, lender, resolve, reject));
    },

    openSocket(request, refused) {
      if (closed !== undefined) return Promise.reject(afterClose());
      return openUpstreamSocket(request, refused, options.certificateAuthority);
    },

    async close() {
      closed ??= Promise.all([...origins.values()].map((connections) => connections.close()));
      await closed;
    },
  };
}

function afterClose(): GatewayError {
  return new GatewayError('unavailable', 'The gateway is closed and sends no more requests.');
}
