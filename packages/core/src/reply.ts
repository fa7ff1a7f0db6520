/** What the gateway answers; a mount writes it to its own kind of socket. */
export type Reply = JsonReply | EventsReply;

/** Header name and value in turn, names lower-case: the shape that is cheapest to write. */
export type ReplyHeaders = readonly string[];

/** The whole answer at once. */
export interface JsonReply {
  readonly kind: 'json';
  readonly status: number;
  readonly headers: ReplyHeaders;
  /** JSON text, the upstream's own where it needed no translation. A string, so that head and body leave in one write. */
  readonly body: string;
}

/** A server-sent event stream. */
export interface EventsReply {
  readonly kind: 'events';
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body: TextSource;
}

/** Text that is pushed, whole events at a time; the same rules of ownership as `ByteSource`. */
export interface TextSource {
  start(sink: TextSink): void;
  pause(): void;
  resume(): void;
  /** The client left: everything behind this stream is aborted and accounted. */
  cancel(reason: unknown): void;
}

export interface TextSink {
  text(chunk: string): void;
  end(): void;
}
