import type { Cancellation } from './cancellation.js';
import type { GatewayError } from './errors.js';
import type { MessageSocket } from './message-socket.js';

/** One request to an upstream, complete except for the socket. */
export interface UpstreamRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `https://api.example.com`, fixed by configuration: nothing a client sends can change it (R-SEC-4). */
  readonly origin: string;
  /** Path and query, every part already encoded. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sent in chunks as they arrive; such a request is never sent twice. */
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array> | undefined;
  /** The transport destroys the exchange when this fires. */
  readonly cancellation: Cancellation;
  /** For interceptors: which call and deployment this attempt belongs to. */
  readonly attempt: {
    readonly callId: string;
    readonly deployment: string;
    readonly provider: string;
    readonly number: number;
  };
}

/** An upstream's response: its head has arrived, its body begins to flow when it is started. */
export interface UpstreamReply {
  readonly status: number;
  readonly headers: HeaderLookup;
  readonly body: ByteSource;
}

/** Reads one header by its lower-case name. */
export interface HeaderLookup {
  get(name: string): string | undefined;
}

/**
 * Bytes that are pushed. Exactly one owner starts it, and that owner ends it: by `end` or `fail` from the source, or
 * by `cancel`. After `cancel` the sink gets nothing more.
 */
export interface ByteSource {
  start(sink: ByteSink): void;
  /** Back-pressure: after `pause` at most the data already in transit arrives until `resume`. */
  pause(): void;
  resume(): void;
  cancel(reason: unknown): void;
}

export interface ByteSink {
  bytes(chunk: Uint8Array): void;
  end(): void;
  fail(error: unknown): void;
}

/**
 * Sends a request and resolves when the head has arrived. Rejects with a `GatewayError` (network, timeout) or the
 * cancellation's reason.
 */
export type Send = (request: UpstreamRequest) => Promise<UpstreamReply>;

/** How bytes reach upstreams: undici in Node, `fetch` elsewhere. */
export interface Transport {
  readonly send: Send;
  /**
   * Opens a WebSocket. Rejects as `send` does; if the upstream does not open a socket, it rejects with what `refused`
   * makes of the response. Absent if the runtime has no WebSockets.
   */
  readonly openSocket?: (
    request: UpstreamRequest,
    refused: (reply: UpstreamReply, text: string) => GatewayError,
  ) => Promise<MessageSocket>;
  /** Closes idle sockets; running exchanges end first. */
  close(): Promise<void>;
}
