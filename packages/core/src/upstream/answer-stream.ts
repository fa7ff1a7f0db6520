import { createParser, type EventSourceParser } from 'eventsource-parser';
import type { Clock } from '../clock.js';
import type { Framing, StreamDecoder, StreamSink } from '../codec.js';
import { GatewayError } from '../errors.js';
import type { StreamHold } from '../model-group.js';
import type { ErrorSpelling, StreamSpelling } from '../operation.js';
import type { SaidSoFar } from '../recovery.js';
import type { EventsSink, EventsSource } from '../reply.js';
import type { ByteSink, ByteSource } from '../transport.js';
import { sumOfUsage, type Usage } from '../usage.js';
import type { Deadline } from './deadline.js';
import { renamed } from './rename-ids.js';

/** How a stream ended, told once. */
export type StreamEnd = StreamAccount &
  (
    | { readonly outcome: 'ok'; readonly failure: undefined }
    | { readonly outcome: 'incomplete' | 'client_gone'; readonly failure: GatewayError }
  );

/** What came until the stream ended. */
export interface StreamAccount {
  /** What the vendor said was used; the last word counts, nothing is summed. */
  readonly usage: Usage | undefined;
  /** Characters of output seen, to estimate from. */
  readonly producedCharacters: number;
  /** Events that could not be read and were skipped. */
  readonly malformedEvents: number;
}

export interface AnswerStreamParts {
  readonly source: ByteSource;
  readonly decoder: StreamDecoder;
  /** How its bytes are cut into events where they are not server-sent events. */
  readonly framing?: Framing | undefined;
  readonly deadline: Deadline;
  readonly clock: Clock;
  /** Longest silence towards the client before a comment is sent; proxies and servers cut what is silent. */
  readonly heartbeatMs: number;
  readonly spelling: StreamSpelling;
  readonly errors: ErrorSpelling;
  readonly requestId: string;
  readonly wantsUsage: boolean;
  /** How long the answer is kept back after its first content. */
  readonly hold?: StreamHold | undefined;
  /** What the client has of the answer, where a broken one may be taken up. */
  readonly soFar?: SaidSoFar | undefined;
  /** What attempts before this one used for the same answer: told to the client as one. */
  readonly usedBefore?: Usage | undefined;
  /**
   * The answer broke after it had begun. True takes it over: then nothing more is told, neither to the client nor by
   * `onEnd`. `error` spells what the client would have been told.
   */
  onBroken?(end: StreamEnd & { outcome: 'incomplete' }, error: () => string): boolean;
  /** Usage to show where the vendor sent none although the client asked. */
  estimate(producedCharacters: number): Usage;
  /** The head and the first content are here: nothing was sent before. */
  onFirstContent(): void;
  /** The answer is over, all of it handed on. Not called if it failed before the first content: `opened` rejects instead. */
  onEnd(end: StreamEnd): void;
}

/** An upstream that sends no end of openings is let through rather than held for ever. */
const MAX_HELD_CHARACTERS = 1_000_000;

/** How long an upstream may take to close after its terminal event, so that its socket can serve again. */
const CLOSING_MS = 1_000;

/** Ends every event; a chunk that ends with it holds no part of a character. */
const LINE_FEED = 0x0a;

const HEARTBEAT = ': keep-alive\n\n';

/**
 * One streamed answer, from the upstream's bytes to the client's events, and its only owner: whatever happens, it ends the
 * upstream, ends the client's stream and tells `onEnd` once. Until the first content nothing leaves it (R-STR-4), and only
 * whole events ever do, so that an in-band error always stands on a line of its own.
 */
export class AnswerStream implements EventsSource, ByteSink, StreamSink {
  /** Settles when the answer may be committed to the client, or failed before anything was sent. */
  readonly opened: Promise<void>;
  readonly #parts: AnswerStreamParts;
  readonly #utf8 = new TextDecoder();
  readonly #parser: EventSourceParser;
  /** Cuts the bytes in the parser's place. */
  readonly #cut: ((chunk: Uint8Array) => void) | undefined;
  #open!: () => void;
  #refuse!: (error: unknown) => void;
  #committed = false;
  /** The first content is here, and the answer is kept back all the same. */
  #heldSince: number | undefined;
  #stopHold: (() => void) | undefined;
  #over = false;
  #sink: EventsSink | undefined;
  /** Events that are ready to leave. */
  #ready = '';
  #sampleChunk: string | undefined;
  #usage: Usage | undefined;
  #usageJson: string | undefined;
  #produced = 0;
  #malformed = 0;
  /** The latest chunk ended with an event, and all of it has left: neither decoder nor parser holds anything back. */
  #betweenEvents = false;
  #saidAt = 0;
  #stopTimer: (() => void) | undefined;
  #ids: ReadonlyMap<string, string> | undefined;

  constructor(parts: AnswerStreamParts) {
    this.#parts = parts;
    this.opened = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#refuse = reject;
    });
    const onEvent = (data: string, name: string | undefined) => {
      if (!this.#over) parts.decoder.event(data, name, this);
    };
    this.#parser = createParser({ onEvent: ({ data, event }) => onEvent(data, event) });
    this.#cut = parts.framing?.open(onEvent);
  }

  /** What it has used until now. */
  get usedSoFar(): Usage {
    return this.#usage ?? this.#parts.estimate(this.#produced);
  }

  /** The first event of the answer; undefined before it came. */
  get firstChunk(): unknown {
    return this.#sampleChunk === undefined ? undefined : (JSON.parse(this.#sampleChunk) as unknown);
  }

  /** Tells ids by others, in what is ready to leave and in what is still to come. Only before anybody listens. */
  rename(ids: ReadonlyMap<string, string>): void {
    this.#ids = ids;
    this.#ready = renamed(this.#ready, ids);
  }

  /** Begins to read the upstream. */
  begin(): void {
    this.#parts.source.start(this);
  }

  // The upstream's side.

  bytes(chunk: Uint8Array): void {
    if (this.#over) return;
    this.#parts.deadline.alive();
    if (this.#cut !== undefined) return this.#cutEvents(chunk, this.#cut);
    if (this.#betweenEvents && this.#passOn(chunk)) return;
    const text = this.#utf8.decode(chunk, STREAMING);
    this.#parser.feed(text);
    // Where what leaves is what came, it leaves in the bytes it came in: encoding it anew costs as much as all the rest.
    this.#betweenEvents = this.#ready === text && chunk[chunk.byteLength - 1] === LINE_FEED;
    this.#flush(this.#betweenEvents ? chunk : this.#ready);
  }

  end(): void {
    if (this.#over) return this.#stopTimer?.();
    // Some vendors close right behind the last line; the blank line that ends the event is then ours to add.
    this.#parser.feed(`${this.#utf8.decode()}\n\n`);
    if (this.#over) return this.#stopTimer?.();
    this.#parts.decoder.end(this);
    if (this.#over) return this.#stopTimer?.();
    this.fail(new GatewayError('network', 'The upstream closed its stream before the answer was complete.'));
  }

  /** Ends the answer with a failure: before the first content as a rejected attempt, after it as an error in the stream. */
  fail(error: unknown): void {
    if (this.#over) return this.#stopTimer?.();
    const failure =
      error instanceof GatewayError
        ? error
        : new GatewayError('network', 'The upstream broke off in the middle of its answer.', { cause: error });
    this.#stop();
    this.#parts.source.cancel(failure);
    if (!this.#committed) return this.#refuse(failure);
    const left = failure.kind === 'client_closed';
    if (!left && this.#isTakenOver(failure)) return;
    if (!left) this.#ready += this.#parts.errors.event(failure, this.#parts.requestId);
    this.#flush();
    this.#sink?.end();
    // One that stopped reading has left as well (c02): none of it is the upstream's fault.
    const clientGone = left || failure.kind === 'request_timeout';
    this.#parts.onEnd({ outcome: clientGone ? 'client_gone' : 'incomplete', failure, ...this.#account() });
  }

  // The decoder's side.

  chunk(json: string, content: boolean): void {
    this.#sampleChunk ??= json;
    const told = this.#parts.soFar === undefined ? json : this.#parts.soFar.tell(json);
    if (told !== undefined)
      this.#ready += this.#parts.spelling.event(this.#ids === undefined ? told : renamed(told, this.#ids));
    if (this.#committed) return;
    if (this.#ready.length > MAX_HELD_CHARACTERS || (content && !this.#isHeld())) this.#commit();
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
    if (this.#parts.wantsUsage) this.#ready += this.#parts.spelling.event(this.#usageChunk());
    this.#ready += this.#parts.spelling.terminator;
    this.#stop();
    // Whatever still comes is ignored (f39), but not for ever.
    this.#parts.source.resume();
    this.#stopTimer = this.#parts.clock.after(CLOSING_MS, () => this.#parts.source.cancel('the answer was complete'));
    this.#flush();
    this.#sink?.end();
    this.#parts.onEnd({ outcome: 'ok', failure: undefined, ...this.#account() });
  }

  // The client's side.

  start(sink: EventsSink): void {
    this.#sink = sink;
    this.#flush();
    if (this.#over) return sink.end();
    this.#saidAt = this.#parts.clock.now();
    this.#beat(this.#parts.heartbeatMs);
  }

  pause(): void {
    if (this.#over) return;
    this.#parts.deadline.held();
    this.#parts.source.pause();
  }

  resume(): void {
    if (this.#over) return;
    this.#parts.deadline.released();
    this.#parts.source.resume();
  }

  cancel(reason: unknown): void {
    if (this.#over) return;
    this.#sink = undefined;
    this.fail(
      reason instanceof GatewayError
        ? reason
        : new GatewayError('client_closed', 'The client left before the answer was complete.', { cause: reason }),
    );
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
    this.#stopHold?.();
    if (this.#heldSince === undefined) this.#firstContent();
    this.#open();
  }

  #firstContent(): void {
    this.#parts.deadline.contentArrived();
    this.#parts.onFirstContent();
  }

  /** Whether what is here is still too little to let it go. */
  #isHeld(): boolean {
    const { hold, clock } = this.#parts;
    if (hold === undefined) return false;
    if (this.#heldSince === undefined) {
      this.#heldSince = clock.now();
      this.#firstContent();
      if (hold.ms !== undefined) {
        this.#stopHold = clock.after(hold.ms, () => {
          this.#commit();
          this.#flush();
        });
      }
    }
    return hold.characters === undefined ? hold.ms !== undefined : this.#produced < hold.characters;
  }

  #isTakenOver(failure: GatewayError): boolean {
    const { onBroken, errors, requestId } = this.#parts;
    if (onBroken === undefined) return false;
    this.#flush();
    return onBroken({ outcome: 'incomplete', failure, ...this.#account() }, () => errors.event(failure, requestId));
  }

  /** Most of a stream: a whole event that only carries more text. */
  #passOn(chunk: Uint8Array): boolean {
    // Whoever may have to take the answer up must know all of it.
    if (this.#parts.soFar !== undefined) return false;
    const characters = this.#parts.decoder.plainCharacters?.(chunk) ?? 0;
    if (characters === 0 || this.#sink === undefined) return false;
    this.#produced += characters;
    this.#saidAt = this.#parts.clock.now();
    this.#sink.write(chunk);
    return true;
  }

  #flush(events: string | Uint8Array = this.#ready): void {
    if (this.#sink === undefined || this.#ready === '') return;
    this.#ready = '';
    this.#saidAt = this.#parts.clock.now();
    this.#sink.write(events);
  }

  #beat(afterMs: number): void {
    this.#stopTimer = this.#parts.clock.after(afterMs, () => {
      const silentMs = this.#parts.clock.now() - this.#saidAt;
      const { heartbeatMs } = this.#parts;
      // Less than nothing after a clock was set back (h05): then a comment too many is better than none.
      if (silentMs >= 0 && silentMs < heartbeatMs) return this.#beat(heartbeatMs - silentMs);
      this.#ready += HEARTBEAT;
      this.#flush();
      this.#beat(heartbeatMs);
    });
  }

  #stop(): void {
    this.#over = true;
    this.#stopTimer?.();
    this.#stopHold?.();
    this.#parts.deadline.close();
  }

  #account(): StreamAccount {
    return { usage: this.#usage, producedCharacters: this.#produced, malformedEvents: this.#malformed };
  }

  #usageChunk(): string {
    const { usedBefore, spelling } = this.#parts;
    if (this.#usageJson !== undefined && usedBefore === undefined) return this.#usageJson;
    const usage = this.#usage ?? this.#parts.estimate(this.#produced);
    return spelling.usageChunk(usedBefore ? sumOfUsage(usedBefore, usage) : usage, this.#sampleChunk);
  }
}

const STREAMING = { stream: true } as const;
