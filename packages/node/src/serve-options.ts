import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

/** A request of node:http, or of node:http2 through its compatibility API. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
export type NodeResponse = ServerResponse | Http2ServerResponse;

export interface ServeOptions<Host> {
  /** Below the mount, as the framework parsed it, without the query. */
  readonly path: string;
  /** Mounted without a prefix, in a framework with routes of its own: those answer what the gateway does not. Default false. */
  readonly atRoot?: boolean;
  /** What hooks get of the framework. */
  readonly host: Host;
  /** The peer as the framework resolved it. Default: the socket's. */
  readonly ip?: string | undefined;
  /** The authority the client asked for, as the framework sees it. Default: the `Host` header. */
  readonly authority?: string | undefined;
  /** What a body parser in front made of the body; looked at only if the stream was consumed. */
  readonly parsedBody?: unknown;
  /** Longest silence in the middle of a body. Default 30,000 milliseconds; the whole is limited by the server's `requestTimeout`. */
  readonly bodyTimeoutMs?: number;
  /** Called once if the path is none of the gateway's, or with what went wrong in the mount itself. Without it: 404 or 500. */
  next?(error?: unknown): void;
}
