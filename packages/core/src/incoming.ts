import type { MessageSocket } from './message-socket.js';
import type { Principal } from './principal.js';

/**
 * A request as a mount hands it over. `host` is what the framework gives (`{ req, res }`, `{ ctx }`, …) and reaches
 * every hook typed as such.
 */
export interface IncomingRequest<Host = unknown> {
  readonly method: string;
  /** Below the mount, as the framework parsed it, without the query: `/v1/chat/completions` (R-SEC-2). */
  readonly path: string;
  /** What follows the question mark of its address; absent or empty where there is nothing. */
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
  /** The authority the client asked for, as the host sees it: to tell same-origin requests. */
  readonly authority: string | undefined;
  readonly host: Host;
  /** The mount has no prefix: what the gateway has no answer for is the host's own. Default false. */
  readonly atRoot?: boolean;
  readonly body: IncomingBody;
  /** Runs when the client has left before the answer was complete. */
  onClientGone(listener: () => void): void;
  /** Set where the client asks for a WebSocket: opens its side of it. A reply of status 101 says that this was done. */
  readonly accept?: (() => Promise<MessageSocket>) | undefined;
  /** Set by in-process callers: no authentication runs, the call is charged to this principal. */
  readonly principal?: Principal | undefined;
  /** Set by in-process callers: the reply says how the call was answered. */
  readonly wantsMetadata?: boolean | undefined;
}

/** The body: perhaps already parsed by the host, else bytes to read once. */
export type IncomingBody =
  | { readonly kind: 'parsed'; readonly value: unknown }
  | {
      readonly kind: 'bytes';
      /** Reads everything. Rejects with `too_large`, `request_timeout` or `client_closed`. */
      read(maxBytes: number): Promise<Uint8Array>;
      /** The same in pieces, as fast as they are taken, in place of `read`; absent where it can only be read whole. */
      stream?(): AsyncIterable<Uint8Array>;
    };
