import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { IncomingBody, IncomingRequest, MessageSocket } from '@portico/core/mount';

/** A WebSocket request in core's interface. */
export class UpgradeRequest<Host> implements IncomingRequest<Host> {
  readonly method = 'GET';
  readonly path: string;
  readonly query: string;
  readonly host: Host;
  readonly ip: string | undefined;
  readonly body: IncomingBody = { kind: 'bytes', read: () => Promise.resolve(new Uint8Array(0)) };
  readonly #req: IncomingMessage;
  readonly #accept: () => Promise<MessageSocket>;
  readonly #listeners: (() => void)[] = [];
  #accepted = false;
  #gone: boolean;

  constructor(
    req: IncomingMessage,
    socket: Duplex,
    path: string,
    host: Host,
    ip: string | undefined,
    accept: () => Promise<MessageSocket>,
  ) {
    const url = req.url ?? '';
    const mark = url.indexOf('?');
    this.#req = req;
    this.path = path;
    this.query = mark < 0 ? '' : url.slice(mark + 1);
    this.host = host;
    this.ip = ip ?? req.socket.remoteAddress;
    this.#accept = accept;
    this.#gone = socket.destroyed;
    // Once it is open its own close event counts.
    socket.once('close', () => {
      if (this.#accepted) return;
      this.#gone = true;
      for (const listener of this.#listeners) listener();
    });
  }

  header(name: string): string | undefined {
    const value = this.#req.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  get authority(): string | undefined {
    return this.#req.headers.host;
  }

  readonly accept = async (): Promise<MessageSocket> => {
    const open = await this.#accept();
    this.#accepted = true;
    return open;
  };

  onClientGone(listener: () => void): void {
    if (this.#gone) listener();
    else this.#listeners.push(listener);
  }

  /** Browsers cannot set headers for a WebSocket: they send a key as a subprotocol. */
  get subprotocolKey(): string | undefined {
    const offered = this.#req.headers['sec-websocket-protocol']?.split(',') ?? [];
    const shown = offered.map((each) => each.trim()).find((each) => each.startsWith(KEY_PREFIX));
    return shown?.slice(KEY_PREFIX.length);
  }
}

const KEY_PREFIX = 'openai-insecure-api-key.';
