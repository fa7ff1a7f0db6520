import type { MessageSocket } from './message-socket.js';
import type { Principal } from './principal.js';

/**
 * A request as a mount passes it. `host` is what the framework provides (`{ req, res }`, `{ ctx }`, …), for every
 * hook with that type.
 */
export interface IncomingRequest<Host = unknown> {
  readonly method: string;
  /** Below the mount, as the framework parsed it, without the query: `/v1/chat/completions`. */
  readonly path: string;
  /** The query string without the question mark; absent or empty if there is none. */
  readonly query?: string | undefined;
  /** Reads a header by its lower-case name. Nothing but what the client sent as this header. */
  header(name: string): string | undefined;
  /**
   * A key that was offered as a WebSocket subprotocol, the one place where a page can put it. It is a credential like one in
   * `Authorization`, but a page of any site can send it, so it says nothing about the site.
   */
  readonly subprotocolKey?: string | undefined;
  /** The peer's address as the host resolved it (its own `trust proxy` setting). */
  readonly ip: string | undefined;
  /** The authority that the client requested, as the host sees it: to recognise same-origin requests. */
  readonly authority: string | undefined;
  readonly host: Host;
  /** The mount has no prefix: paths that the gateway does not know are the host's own. Default false. */
  readonly atRoot?: boolean;
  readonly body: IncomingBody;
  /** Runs when the client has disconnected before the answer was complete. */
  onClientGone(listener: () => void): void;
  /** Set if the client requests a WebSocket: accepts its side. A reply with status 101 says that this was done. */
  readonly accept?: (() => Promise<MessageSocket>) | undefined;
  /** Set by in-process callers: the call is not authenticated but made for this principal. */
  readonly principal?: Principal | undefined;
  /** Set by in-process callers: the reply contains the answer metadata. */
  readonly wantsMetadata?: boolean | undefined;
}

/** The body: already parsed by the host, or bytes that can be read once. */
export type IncomingBody =
  | { readonly kind: 'parsed'; readonly value: unknown }
  | {
      readonly kind: 'bytes';
      /** Reads everything. Rejects with `too_large`, `request_timeout` or `client_closed`. */
      read(maxBytes: number): Promise<Uint8Array>;
      /** The same in chunks, instead of `read`; absent if the body can only be read as a whole. */
      stream?(): AsyncIterable<Uint8Array>;
    };
