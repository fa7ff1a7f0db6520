import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

/** A request of node:http, or of node:http2 through its compatibility API. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
export type NodeResponse = ServerResponse | Http2ServerResponse;

export interface ServeOptions<Host> {
  /** Below the mount, as the framework parsed it, without the query. */
  readonly path: string;
  /**
   * Mounted without a prefix, in a framework with its own routes: those answer the paths that the gateway does not
   * know. Default false.
   */
  readonly atRoot?: boolean;
  /** What hooks get from the framework. */
  readonly host: Host;
  /** The peer as the framework resolved it. Default: the socket's. */
  readonly ip?: string | undefined;
  /** The authority that the client requested, as the framework sees it. Default: the `Host` header. */
  readonly authority?: string | undefined;
  /** The result of a body parser in front; used only if the stream was consumed. */
  readonly parsedBody?: unknown;
  /**
   * Longest silence during a body. Default 30,000 milliseconds; the whole is limited by the server's
   * `requestTimeout`.
   */
  readonly bodyTimeoutMs?: number;
  /**
   * Called once if the path is not one of the gateway's, or with an error of the mount itself. Without it: 404 or
   * 500.
   */
  next?(error?: unknown): void;
}
