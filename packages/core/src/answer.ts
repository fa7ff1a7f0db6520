import type { Attempt } from './call.js';
import type { Deployment } from './deployment.js';
import type { JsonObject } from './encoding/json.js';
import type { EventsSource, ReplyHeaders } from './reply.js';

/** The answer to a call. */
export type Answer = UpstreamAnswer | LocalAnswer | LocalStream;

/** The answer of an upstream, and the attempt that got it. */
export type UpstreamAnswer = (WholeAnswer | StreamAnswer | SessionAnswer | BytesAnswer) & {
  readonly deployment: Deployment;
  readonly attempt: Attempt;
};

interface WholeAnswer {
  readonly kind: 'whole';
  /** Its content type if it is not JSON. */
  readonly type?: string;
  readonly body: string | Uint8Array;
  /** The answer in the operation's public format. */
  readonly value: JsonObject;
}

interface StreamAnswer {
  readonly kind: 'events';
  readonly stream: EventsSource;
}

/** The client's side is written by the code that accepted it. */
interface SessionAnswer {
  readonly kind: 'session';
}

/** The bytes of a file, or of a vendor's own path. */
export interface BytesAnswer {
  readonly kind: 'bytes';
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body: EventsSource;
}

/** The gateway's own answer: no upstream was asked, or none had an answer. */
export interface LocalAnswer {
  readonly kind: 'local';
  readonly attempt: undefined;
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body: string | Uint8Array;
}

/** The same as a stream. Whoever made it closes the account of its call when it has ended. */
export interface LocalStream {
  readonly kind: 'localStream';
  readonly attempt: undefined;
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body: EventsSource;
}
