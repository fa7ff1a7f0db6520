import type { AnswerMetadata } from './answer-metadata.js';

/** What the gateway answers; a mount writes it to its own kind of socket. */
export type Reply = WholeReply | EventsReply;

/** Header name and value in turn, names lower-case: the shape that is cheapest to write. */
export type ReplyHeaders = readonly string[];

/** The whole answer at once. */
export interface WholeReply {
  readonly kind: 'whole';
  readonly status: number;
  readonly headers: ReplyHeaders;
  /** Mostly JSON, as a string so that head and body leave in one write, the upstream's own where it needed no translation; bytes for sound. */
  readonly body: string | Uint8Array;
  /** Where the request wanted them, or headers tell of them. */
  readonly metadata?: AnswerMetadata | undefined;
}

/** A stream: of server-sent events, or of the bytes of a file. */
export interface EventsReply {
  readonly kind: 'events';
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body: EventsSource;
  /** Where the request wanted them, or headers tell of them. */
  readonly metadata?: AnswerMetadata | undefined;
}

/** Events that are pushed, whole ones only; the same rules of ownership as `ByteSource`. */
export interface EventsSource {
  start(sink: EventsSink): void;
  pause(): void;
  resume(): void;
  /** The client left: everything behind this stream is aborted and accounted. */
  cancel(reason: unknown): void;
}

export interface EventsSink {
  /** Whole events, as text or, where they leave as they came, in the upstream's own bytes: UTF-8 either way. Of a file, any bytes. */
  write(events: string | Uint8Array): void;
  end(): void;
  /** Breaks off, so that nobody takes for whole what is not: bytes have no place for an error. */
  fail(error: unknown): void;
}
