import { withErrorListener } from '@portico/core';
import type { IncomingBody, IncomingRequest } from '@portico/core/mount';
import { bodyOf } from './incoming-body.js';
import type { NodeRequest, NodeResponse, ServeOptions } from './serve-options.js';

/** The rest of a shorter body is read and dropped, so that its connection can be used again. */
const DRAINED_BYTES = 64 * 1024;

/** A Node request in core's interface. */
export class NodeIncomingRequest<Host> implements IncomingRequest<Host> {
  readonly method: string;
  readonly path: string;
  readonly host: Host;
  readonly atRoot: boolean;
  readonly body: IncomingBody;
  readonly #req: NodeRequest;
  /** Read once: below Express every access to a request goes through replaced prototypes. */
  readonly #headers: NodeRequest['headers'];
  readonly #options: ServeOptions<Host>;
  #listeners: (() => void)[] = [];
  /** The client disconnected before its answer was complete. */
  isClientGone = false;
  /** The end of the answer was written. */
  ended = false;
  #bodyRefused = false;

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
    // The request's own 'close' comes as soon as its body is read. On HTTP/2 a cancelled response reports itself as
    // finished,
    // so only our own end distinguishes a disconnected client.
    res.on('close', () => {
      if (!this.ended || !res.writableFinished) this.#leave();
    });
  }

  /**
   * The rest of the body will not be read: the connection cannot be used for another request. So it is too where the request was
   * answered before anything of a long body was read: Node would read the rest, however long.
   */
  get bodyRefused(): boolean {
    return this.#bodyRefused || this.#leavesLongBody();
  }

  set bodyRefused(isRefused: boolean) {
    this.#bodyRefused = isRefused;
  }

  #leavesLongBody(): boolean {
    if (this.body.kind !== 'bytes' || this.#req.readableDidRead || this.#req.readableEnded) return false;
    const length = this.#headers['content-length'];
    return length === undefined ? this.#headers['transfer-encoding'] !== undefined : Number(length) > DRAINED_BYTES;
  }

  /** Frameworks remove the mount path from the URL, and keep the query. */
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
    if (this.isClientGone) listener();
    else this.#listeners.push(listener);
  }

  #leave(): void {
    this.isClientGone = true;
    for (const listener of this.#listeners) listener();
    this.#listeners = [];
  }
}
