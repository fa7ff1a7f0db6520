import { createParser, type EventSourceParser } from 'eventsource-parser';
import type { Clock } from '../clock.js';
import type { Framing, StreamDecoder, StreamSink } from '../codec.js';
import { GatewayError } from '../errors.js';
import type { InitialBuffer } from '../model-group.js';
import type { ErrorFormat, StreamFormat } from '../operation.js';
import type { PartialAnswer } from '../partial-answer.js';
import type { EventsSink, EventsSource } from '../reply.js';
import type { ByteSink, ByteSource } from '../transport.js';
import { sumOfUsage, type Usage } from '../usage/usage.js';
import { ChunkTransforms, type ChunkTransformsDeps, type TransformedStream } from './chunk-transforms.js';
import type { Deadline } from './deadline.js';
import { replaceIds } from './replace-ids.js';

/** How a stream ended; reported once. */
export type StreamEnd = StreamAccount &
  (
    | { readonly outcome: 'ok'; readonly failure: undefined }
    | { readonly outcome: 'incomplete' | 'client_gone'; readonly failure: GatewayError; readonly byTransform?: boolean }
  );

/** The usage until the stream ended. */
export interface StreamAccount {
  /** The usage reported by the vendor; the last report counts, nothing is added up. */
  readonly usage: Usage | undefined;
  /** Characters of output so far, for estimates. */
  readonly producedCharacters: number;
  /** Events that could not be read and were skipped. */
  readonly malformedEvents: number;
}

export interface AnswerStreamDeps {
  readonly source: ByteSource;
  readonly decoder: StreamDecoder;
  /** How its bytes are split into events if they are not server-sent events. */
  readonly framing?: Framing | undefined;
  readonly deadline: Deadline;
  readonly clock: Clock;
  /** Longest silence towards the client before a comment is sent; proxies and servers close silent connections. */
  readonly heartbeatMs: number;
  readonly format: StreamFormat;
  readonly errors: ErrorFormat;
  readonly requestId: string;
  readonly wantsUsage: boolean;
  /** How long the answer is buffered after its first content. */
  readonly initialBuffer?: InitialBuffer | undefined;
  /** The part of the answer that the client has, if a broken one may be resumed. */
  readonly partial?: PartialAnswer | undefined;
  /** What sees and changes the chunks of the answer; undefined if nothing does. */
  readonly transforms?: ChunkTransformsDeps | undefined;
  /** The usage of earlier attempts for the same answer: reported to the client as one. */
  readonly previousUsage?: Usage | undefined;
  /**
   * The answer was interrupted after it had begun. True means that somebody resumes it: then nothing more is
   * reported, neither to the client nor by `onEnd`. `error` formats what the client would have got.
   */
  onInterrupted?(end: StreamEnd & { outcome: 'incomplete' }, error: () => string): boolean;
  /** The usage to send if the client asked for it and the vendor reported none. */
  estimate(producedCharacters: number): Usage;
  /** The head and the first content have arrived: nothing was sent before. */
  onFirstContent(): void;
  /**
   * The answer is over, and all of it was forwarded. Not called if it failed before the first content: `opened`
   * rejects instead.
   */
  onEnd(end: StreamEnd): void;
}

/** An upstream that sends only opening events is passed through at some point instead of buffered for ever. */
const MAX_BUFFERED_CHARACTERS = 1_000_000;

/** Longest event of a stream, in UTF-16 units: one may be a whole answer with images. */
const MAX_EVENT_LENGTH = 32 * 1024 * 1024;

/** How long an upstream may take to close after its terminal event, so that its socket can be used again. */
const CLOSING_MS = 1_000;

/** Ends every event; a chunk that ends with it contains no partial character. */
const LINE_FEED = 0x0a;

const HEARTBEAT = ': keep-alive\n\n';

/**
 * One streamed answer, from the upstream's bytes to the client's events, and its only owner: it always ends the
 * upstream, ends the client's stream and calls `onEnd` once. Nothing is sent before the first content (R-STR-4), and
 * only complete events are sent, so that an error event always starts on a line of its own.
 */
export class AnswerStream implements EventsSource, ByteSink, TransformedStream {
  /** Settles when the answer may be committed to the client, or has failed before anything was sent. */
  readonly opened: Promise<void>;
  readonly #deps: AnswerStreamDeps;
  readonly #utf8 = new TextDecoder();
  readonly #parser: EventSourceParser;
  /** Splits the bytes instead of the parser. */
  readonly #cut: ((chunk: Uint8Array) => void) | undefined;
  readonly #transforms: ChunkTransforms | undefined;
  /** Where the decoder's chunks go: through the transforms, if there are any. */
  readonly #out: StreamSink;
  #open!: () => void;
  #reject!: (error: unknown) => void;
  #committed = false;
  /** The first content has arrived, and observers were notified. */
  #hasContent = false;
  /** The first content has arrived, but the answer is still buffered. */
  #bufferingSince: number | undefined;
  #stopBuffering: (() => void) | undefined;
  #over = false;
  /** By the client. */
  #isPaused = false;
  /** By a transform. */
  #isHeld = false;
  /** By a transform: no other deployment goes on with the answer. */
  #isRefused = false;
  #sink: EventsSink | undefined;
  /** Events that are ready to be sent. */
  #ready = '';
  #sampleChunk: string | undefined;
  #usage: Usage | undefined;
  #usageJson: string | undefined;
  #produced = 0;
  #malformed = 0;
  /** The latest chunk ended with an event, and all of it was sent: neither decoder nor parser has anything buffered. */
  #betweenEvents = false;
  #lastWriteAt = 0;
  #stopTimer: (() => void) | undefined;
  #ids: ReadonlyMap<string, string> | undefined;

  constructor(deps: AnswerStreamDeps) {
    this.#deps = deps;
    this.opened = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#reject = reject;
    });
    this.#transforms = deps.transforms && new ChunkTransforms(this, deps.transforms);
    this.#out = this.#transforms ?? this;
    const onEvent = (data: string, name: string | undefined) => {
      if (!this.#over) deps.decoder.event(data, name, this.#out);
    };
    this.#parser = createParser({
      onEvent: ({ data, event }) => onEvent(data, event),
      maxBufferSize: MAX_EVENT_LENGTH,
      onError: ({ type }) => {
        if (type === 'max-buffer-size-exceeded') this.fail(eventTooLong());
      },
    });
    this.#cut = deps.framing?.open(onEvent);
  }

  /** What it has used until now. */
  get usedSoFar(): Usage {
    return this.#usage ?? this.#deps.estimate(this.#produced);
  }

  /** The first event of the answer; undefined before it came. */
  get firstChunk(): unknown {
    return this.#sampleChunk === undefined ? undefined : (JSON.parse(this.#sampleChunk) as unknown);
  }

  /** Replaces ids, in buffered and in later events. Only before the stream has a reader. */
  replaceIds(ids: ReadonlyMap<string, string>): void {
    this.#ids = ids;
    this.#ready = replaceIds(this.#ready, ids);
  }

  /** Starts to read the upstream. */
  begin(): void {
    this.#deps.source.start(this);
  }

  // The upstream's side.

  bytes(chunk: Uint8Array): void {
    if (this.#over) return;
    this.#deps.deadline.alive();
    if (this.#cut !== undefined) return this.#cutEvents(chunk, this.#cut);
    if (this.#betweenEvents && this.#passOn(chunk)) return;
    const text = this.#utf8.decode(chunk, STREAMING);
    this.#parser.feed(text);
    // Unchanged events are sent in their original bytes: encoding them again costs as much as all the rest.
    this.#betweenEvents = this.#ready === text && chunk[chunk.byteLength - 1] === LINE_FEED;
    this.#flush(this.#betweenEvents ? chunk : this.#ready);
  }

  end(): void {
    if (this.#over) return this.#stopTimer?.();
    // Some vendors close right after the last line; then the blank line that ends the event is added here.
    this.#parser.feed(`${this.#utf8.decode()}\n\n`);
    if (this.#over) return this.#stopTimer?.();
    if (this.#transforms?.isComplete === true) return;
    this.#deps.decoder.end(this.#out);
    if (this.#over) return this.#stopTimer?.();
    if (this.#transforms === undefined) return this.#closedTooSoon();
    this.#transforms.whenIdle(() => this.#closedTooSoon());
  }

  /** Ends the answer with a failure: before the first content as a failed attempt, after it as an error event. */
  fail(error: unknown): void {
    if (this.#over) return this.#stopTimer?.();
    const failure =
      error instanceof GatewayError
        ? error
        : new GatewayError('network', 'The upstream closed the connection during its answer.', { cause: error });
    this.#stop();
    this.#deps.source.cancel(failure);
    if (!this.#committed) return this.#reject(failure);
    const left = failure.kind === 'client_closed';
    if (!left && !this.#isRefused && this.#isTakenOver(failure)) return;
    if (!left) this.#ready += this.#deps.errors.event(failure, this.#deps.requestId);
    this.#flush();
    this.#sink?.end();
    // A client that stopped reading counts as disconnected; that is not the upstream's fault.
    const clientGone = left || failure.kind === 'request_timeout';
    const outcome = clientGone ? 'client_gone' : 'incomplete';
    this.#deps.onEnd({ outcome, failure, byTransform: this.#isRefused, ...this.#account() });
  }

  #closedTooSoon(): void {
    this.fail(new GatewayError('network', 'The upstream closed its stream before the answer was complete.'));
  }

  // The decoder's side.

  chunk(json: string, content: boolean): void {
    this.#sampleChunk ??= json;
    const reported = this.#deps.partial === undefined ? json : this.#deps.partial.append(json);
    if (reported !== undefined)
      this.#ready += this.#deps.format.event(this.#ids === undefined ? reported : replaceIds(reported, this.#ids));
    if (this.#committed) return;
    if (this.#ready.length > MAX_BUFFERED_CHARACTERS || (content && !this.#isBuffering())) this.#commit();
  }

  usage(usage: Usage, json: string): void {
    this.#usage = usage;
    this.#usageJson = json;
  }

  produced(characters: number): void {
    this.#produced += characters;
  }

  malformed(): void {
    this.#malformed += 1;
  }

  done(): void {
    if (this.#over) return;
    this.#commit();
    if (this.#deps.wantsUsage) this.#ready += this.#deps.format.event(this.#usageChunk());
    this.#ready += this.#deps.format.terminator;
    this.#stop();
    // Later data is ignored, but not for ever.
    this.#deps.source.resume();
    this.#stopTimer = this.#deps.clock.after(CLOSING_MS, () => this.#deps.source.cancel('the answer was complete'));
    this.#complete();
  }

  // What chunk transforms say.

  endEarly(): void {
    if (this.#over) return;
    this.#commit();
    if (this.#deps.wantsUsage) this.#ready += this.#deps.format.event(this.#usageChunk());
    this.#ready += this.#deps.format.terminator;
    this.#stop();
    this.#deps.source.cancel('the answer was ended');
    this.#complete();
  }

  /** The client gets what was passed on before, and the error as an event: another deployment would be refused as well. */
  refuse(failure: GatewayError): void {
    if (this.#over) return;
    this.#isRefused = true;
    this.#commit();
    this.fail(failure);
  }

  contentArrived(): void {
    if (!this.#hasContent) this.#firstContent();
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    if (this.#over) return;
    if (isHeld) this.#wait();
    else if (!this.#isPaused) this.#goOn();
  }

  flush(): void {
    this.#flush();
  }

  // The client's side.

  start(sink: EventsSink): void {
    this.#sink = sink;
    this.#flush();
    if (this.#over) return sink.end();
    this.#lastWriteAt = this.#deps.clock.now();
    this.#beat(this.#deps.heartbeatMs);
  }

  pause(): void {
    this.#isPaused = true;
    if (!this.#over) this.#wait();
  }

  resume(): void {
    this.#isPaused = false;
    if (!this.#over && !this.#isHeld) this.#goOn();
  }

  cancel(reason: unknown): void {
    if (this.#over) return;
    this.#sink = undefined;
    this.fail(
      reason instanceof GatewayError
        ? reason
        : new GatewayError('client_closed', 'The client disconnected before the answer was complete.', {
            cause: reason,
          }),
    );
  }

  /** The upstream waits for the client or for a transform. */
  #wait(): void {
    this.#deps.deadline.clientPaused();
    this.#deps.source.pause();
  }

  #goOn(): void {
    this.#deps.deadline.clientResumed();
    this.#deps.source.resume();
  }

  #complete(): void {
    this.#flush();
    this.#sink?.end();
    this.#deps.onEnd({ outcome: 'ok', failure: undefined, ...this.#account() });
  }

  #cutEvents(chunk: Uint8Array, cut: (chunk: Uint8Array) => void): void {
    try {
      cut(chunk);
    } catch (cause) {
      return this.fail(
        new GatewayError('upstream_error', 'The upstream sent a stream that cannot be read.', { cause }),
      );
    }
    this.#flush();
  }

  #commit(): void {
    if (this.#committed) return;
    this.#committed = true;
    this.#stopBuffering?.();
    if (!this.#hasContent) this.#firstContent();
    this.#open();
  }

  #firstContent(): void {
    this.#hasContent = true;
    this.#deps.deadline.contentArrived();
    this.#deps.onFirstContent();
  }

  /** Whether there is still too little to send. */
  #isBuffering(): boolean {
    const { initialBuffer, clock } = this.#deps;
    if (initialBuffer === undefined) return false;
    if (this.#bufferingSince === undefined) {
      this.#bufferingSince = clock.now();
      if (!this.#hasContent) this.#firstContent();
      if (initialBuffer.ms !== undefined) {
        this.#stopBuffering = clock.after(initialBuffer.ms, () => {
          this.#commit();
          this.#flush();
        });
      }
    }
    return initialBuffer.characters === undefined
      ? initialBuffer.ms !== undefined
      : this.#produced < initialBuffer.characters;
  }

  #isTakenOver(failure: GatewayError): boolean {
    const { onInterrupted, errors, requestId } = this.#deps;
    if (onInterrupted === undefined) return false;
    this.#flush();
    return onInterrupted({ outcome: 'incomplete', failure, ...this.#account() }, () =>
      errors.event(failure, requestId),
    );
  }

  /** Most of a stream: a complete event that only carries more text. */
  #passOn(chunk: Uint8Array): boolean {
    // To resume the answer, or to transform it, all of it must be known.
    if (this.#deps.partial !== undefined || this.#transforms !== undefined) return false;
    const characters = this.#deps.decoder.plainCharacters?.(chunk) ?? 0;
    if (characters === 0 || this.#sink === undefined) return false;
    this.#produced += characters;
    this.#lastWriteAt = this.#deps.clock.now();
    this.#sink.write(chunk);
    return true;
  }

  #flush(events: string | Uint8Array = this.#ready): void {
    if (this.#sink === undefined || this.#ready === '') return;
    this.#ready = '';
    this.#lastWriteAt = this.#deps.clock.now();
    this.#sink.write(events);
  }

  #beat(afterMs: number): void {
    this.#stopTimer = this.#deps.clock.after(afterMs, () => {
      const silentMs = this.#deps.clock.now() - this.#lastWriteAt;
      const { heartbeatMs } = this.#deps;
      // Negative after a clock was set back: then a surplus comment is better than none.
      if (silentMs >= 0 && silentMs < heartbeatMs) return this.#beat(heartbeatMs - silentMs);
      this.#ready += HEARTBEAT;
      this.#flush();
      this.#beat(heartbeatMs);
    });
  }

  #stop(): void {
    this.#over = true;
    this.#transforms?.stop();
    this.#stopTimer?.();
    this.#stopBuffering?.();
    this.#deps.deadline.close();
  }

  #account(): StreamAccount {
    return { usage: this.#usage, producedCharacters: this.#produced, malformedEvents: this.#malformed };
  }

  #usageChunk(): string {
    const { previousUsage, format } = this.#deps;
    if (this.#usageJson !== undefined && previousUsage === undefined) return this.#usageJson;
    const usage = this.#usage ?? this.#deps.estimate(this.#produced);
    return format.usageChunk(previousUsage ? sumOfUsage(previousUsage, usage) : usage, this.#sampleChunk);
  }
}

const STREAMING = { stream: true } as const;

function eventTooLong(): GatewayError {
  return new GatewayError(
    'upstream_error',
    `The upstream sent an event of more than ${MAX_EVENT_LENGTH} characters in its stream.`,
    { retryable: false },
  );
}
