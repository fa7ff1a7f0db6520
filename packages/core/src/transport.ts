import type { Cancellation } from './cancellation.js';
import type { GatewayError } from './errors.js';
import type { MessageSocket } from './message-socket.js';

/** One request to an upstream, complete but for the socket. */
export interface UpstreamRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `https://api.example.com`, fixed by configuration: nothing a client says can change it (R-SEC-4). */
  readonly origin: string;
  /** Path and query, every part already encoded. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Pieces are sent as they come, in chunks; such a request is never sent twice. */
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

/** An upstream's answer: its head is here, its body begins to flow when it is started. */
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
 * Bytes that are pushed. Exactly one owner starts it, and that owner ends it: by `end` or `fail` from the source,
 * or by `cancel`. After `cancel` the sink hears nothing more.
 */
export interface ByteSource {
  start(sink: ByteSink): void;
  /** Back-pressure: after `pause` at most what is already under way arrives until `resume`. */
  pause(): void;
  resume(): void;
  cancel(reason: unknown): void;
}

export interface ByteSink {
  bytes(chunk: Uint8Array): void;
  end(): void;
  fail(error: unknown): void;
}

/** Sends a request and answers when the head is here. Rejects with a `GatewayError` (network, timeout) or the cancellation's reason. */
export type Send = (request: UpstreamRequest) => Promise<UpstreamReply>;

/** How bytes reach upstreams: undici in Node, `fetch` elsewhere. */
export interface Transport {
  readonly send: Send;
  /**
   * Opens a WebSocket. Rejects as `send` does; where the upstream answers with something else than an open socket, it
   * rejects with what `refused` makes of that answer. Absent where the runtime cannot.
   */
  readonly openSocket?: (
    request: UpstreamRequest,
    refused: (reply: UpstreamReply, text: string) => GatewayError,
  ) => Promise<MessageSocket>;
  /** Lets idle sockets go; exchanges under way end first. */
  close(): Promise<void>;
}
