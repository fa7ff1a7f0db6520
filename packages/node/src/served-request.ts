import { type IncomingBody, type IncomingRequest, withErrorListener } from '@portico/core';
import { bodyOf } from './incoming-body.js';
import type { NodeRequest, NodeResponse, ServeOptions } from './serve-options.js';

/** A Node request as core sees it. */
export class ServedRequest<Host> implements IncomingRequest<Host> {
  readonly method: string;
  readonly path: string;
  readonly host: Host;
  readonly atRoot: boolean;
  readonly body: IncomingBody;
  readonly #req: NodeRequest;
  /** Asked for once: below Express every look at a request goes through prototypes that were swapped. */
  readonly #headers: NodeRequest['headers'];
  readonly #options: ServeOptions<Host>;
  #listeners: (() => void)[] = [];
  /** The client left before its answer was complete. */
  gone = false;
  /** We have written the end of the answer. */
  ended = false;
  /** What is left of the body will not be read: the connection cannot serve another request. */
  bodyRefused = false;

  constructor(req: NodeRequest, res: NodeResponse, options: ServeOptions<Host>) {
    this.#req = req;
    this.#headers = req.headers;
    this.#options = options;
    this.method = req.method ?? 'GET';
    this.path = options.path;
    this.host = options.host;
    this.atRoot = options.atRoot ?? false;
    this.body = bodyOf(req, this, options);
    // Something of the host's may end the answer between two writes of ours: the next one would be an error of the process.
    withErrorListener(res);
    // The request's own 'close' comes as soon as its body is read. On HTTP/2 a cancelled response calls itself finished,
    // so that only whether we ended it tells a client that left.
    res.on('close', () => {
      if (!this.ended || !res.writableFinished) this.#leave();
    });
  }

  /** Frameworks strip what lies above the mount from the address, and leave what follows the question mark. */
  get query(): string {
    const url = this.#req.url ?? '';
    const mark = url.indexOf('?');
    return mark < 0 ? '' : url.slice(mark + 1);
  }

  header(name: string): string | undefined {
    const value = this.#headers[name];
    return typeof value === 'object' ? value.join(', ') : value;
  }

  get ip(): string | undefined {
    return this.#options.ip ?? this.#req.socket.remoteAddress;
  }

  get authority(): string | undefined {
    return this.#options.authority ?? this.header('host') ?? this.header(':authority');
  }

  onClientGone(listener: () => void): void {
    if (this.gone) listener();
    else this.#listeners.push(listener);
  }

  #leave(): void {
    this.gone = true;
    for (const listener of this.#listeners) listener();
    this.#listeners = [];
  }
}
