import type { AnswerMetadata } from './answer-metadata.js';

/** The gateway's reply; a mount writes it to its own kind of socket. */
export type Reply = WholeReply | EventsReply;

/** Header names and values in turn, names lower-case: the fastest format to write. */
export type ReplyHeaders = readonly string[];

/** The whole answer at once. */
export interface WholeReply {
  readonly kind: 'whole';
  readonly status: number;
  readonly headers: ReplyHeaders;
  /**
   * Usually JSON as a string, so that head and body are sent in one write, the upstream's own if it needed no
   * translation; bytes for audio.
   */
  readonly body: string | Uint8Array;
  /** If the request asked for it, or for headers with it. */
  readonly metadata?: AnswerMetadata | undefined;
}

/** A stream: of server-sent events, or of the bytes of a file. */
export interface EventsReply {
  readonly kind: 'events';
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body: EventsSource;
  /** If the request asked for it, or for headers with it. */
  readonly metadata?: AnswerMetadata | undefined;
}

/** Events that are pushed, complete ones only; the same rules of ownership as `ByteSource`. */
export interface EventsSource {
  start(sink: EventsSink): void;
  pause(): void;
  resume(): void;
  /** The client disconnected: everything behind this stream is aborted and accounted. */
  cancel(reason: unknown): void;
}

export interface EventsSink {
  /**
   * Complete events as text or, if they are forwarded unchanged, in the upstream's own bytes: UTF-8 either way. Of a
   * file, any bytes.
   */
  write(events: string | Uint8Array): void;
  end(): void;
  /** Aborts, so that an incomplete answer does not look complete: a byte stream cannot carry an error. */
  fail(error: unknown): void;
}
