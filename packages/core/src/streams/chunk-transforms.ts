import type { Clock } from '../clock.js';
import type { StreamSink } from '../codec.js';
import { isPromise, type JsonObject, type MaybePromise } from '../encoding/json.js';
import type { GatewayError } from '../errors.js';
import type { ChunkTransformer, TransformedChunks } from '../hooks/content.js';
import { decide, hookFailure } from '../hooks/decide.js';
import type { Usage } from '../usage/usage.js';

/** The stream that chunk transforms work for. */
export interface TransformedStream extends StreamSink {
  /** Sends what has become ready. */
  flush(): void;
  /** The answer is complete, although the upstream has more to say. */
  endEarly(): void;
  /** A transform failed, or refused what it saw. */
  refuse(failure: GatewayError): void;
  /** The upstream waits for a transform, or goes on. */
  hold(isHeld: boolean): void;
  /** The first content is here, whatever the transforms make of it and when. */
  contentArrived(): void;
}

/** What a stream does with its transforms. */
export interface ChunkTransformsDeps {
  readonly transformers: readonly ChunkTransformer[];
  readonly clock: Clock;
  /** Longest time that a transformer may take over a chunk, in milliseconds. */
  readonly timeoutMs: number;
}

interface Waiting {
  /** Undefined: the answer is complete. */
  readonly json: string | undefined;
  readonly isContent: boolean;
}

/**
 * Passes the chunks of one stream through its transformers, in order and one at a time. What is counted, usage and characters, is
 * passed on at once: it was made, whatever becomes of it.
 */
export class ChunkTransforms implements StreamSink {
  readonly #stream: TransformedStream;
  readonly #deps: ChunkTransformsDeps;
  readonly #waiting: Waiting[] = [];
  #isAtWork = false;
  /** The upstream waits. */
  #isHeld = false;
  #isComplete = false;
  #isOver = false;
  #onIdle: (() => void) | undefined;

  constructor(stream: TransformedStream, deps: ChunkTransformsDeps) {
    this.#stream = stream;
    this.#deps = deps;
  }

  /** Runs once all chunks so far are passed on, unless the stream has ended then. */
  whenIdle(run: () => void): void {
    this.#onIdle = run;
    if (!this.#isAtWork && !this.#isOver) run();
  }

  chunk(json: string, isContent: boolean): void {
    if (isContent && !this.#isOver) this.#stream.contentArrived();
    this.#add({ json, isContent });
  }

  /** The upstream's answer is complete; the client may not have all of it yet. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  done(): void {
    this.#isComplete = true;
    this.#add({ json: undefined, isContent: false });
  }

  usage(usage: Usage, json: string): void {
    this.#stream.usage(usage, json);
  }

  produced(characters: number): void {
    this.#stream.produced(characters);
  }

  malformed(): void {
    this.#stream.malformed();
  }

  fail(failure: GatewayError): void {
    this.stop();
    this.#stream.fail(failure);
  }

  /** The stream has ended. */
  stop(): void {
    this.#isOver = true;
    this.#waiting.length = 0;
  }

  #add(waiting: Waiting): void {
    if (this.#isOver) return;
    this.#waiting.push(waiting);
    if (!this.#isAtWork) this.#work();
  }

  /** Works as long as the transformers answer at once; the rest is done when the one that takes its time has. */
  #work(): void {
    this.#isAtWork = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined && !this.#isOver; next = this.#waiting.shift()) {
        const given = next.json === undefined ? this.#end() : this.#transform(next.json);
        if (isPromise(given)) return void this.#wait(given, next);
        this.#deliver(given, next);
      }
    } catch (error) {
      this.#refuse(error);
    }
    this.#isAtWork = false;
    if (this.#isHeld) this.#stream.hold(false);
    this.#isHeld = false;
    if (!this.#isOver) this.#onIdle?.();
  }

  async #wait(given: Promise<TransformedChunks>, waiting: Waiting): Promise<void> {
    if (!this.#isHeld) this.#stream.hold(true);
    this.#isHeld = true;
    try {
      const transformed = await decide(() => given, this.#deps.clock, this.#deps.timeoutMs);
      if (!this.#isOver) this.#deliver(transformed, waiting);
    } catch (error) {
      this.#refuse(error);
    }
    this.#stream.flush();
    this.#work();
  }

  #refuse(error: unknown): void {
    if (this.#isOver) return;
    this.stop();
    this.#stream.refuse(hookFailure(error));
  }

  #deliver(given: TransformedChunks, { json, isContent }: Waiting): void {
    const isEnd = json === undefined;
    for (const chunk of chunksOf(given)) this.#stream.chunk(textOf(chunk), isContent || isEnd);
    if (!isEnd && !hasEnded(given)) return;
    this.stop();
    if (isEnd) this.#stream.done();
    else this.#stream.endEarly();
  }

  #transform(json: string): MaybePromise<TransformedChunks> {
    return this.#through(0, [parsed(json)]);
  }

  /** What each of them held back goes through those after it. */
  #end(from = 0): MaybePromise<TransformedChunks> {
    const transformer = this.#deps.transformers[from];
    if (transformer === undefined) return [];
    const held = transformer.end?.() ?? [];
    return after(held, (chunks) =>
      after(this.#through(from + 1, chunks), (passed) => after(this.#end(from + 1), (later) => [...passed, ...later])),
    );
  }

  #through(from: number, chunks: readonly JsonObject[]): MaybePromise<TransformedChunks> {
    const transformer = this.#deps.transformers[from];
    if (transformer === undefined || chunks.length === 0) return chunks;
    const [first] = chunks;
    if (chunks.length === 1 && first !== undefined) {
      return after(transformer.chunk(first), (given) => this.#through(from + 1, given));
    }
    return this.#oneByOne(from, chunks);
  }

  async #oneByOne(from: number, chunks: readonly JsonObject[]): Promise<TransformedChunks> {
    const passed: JsonObject[] = [];
    for (const chunk of chunks) {
      const given = await this.#through(from, [chunk]);
      passed.push(...chunksOf(given));
      if (hasEnded(given)) return { chunks: passed, end: true };
    }
    return passed;
  }
}

/** The text that a chunk was parsed from, and what it would be written as: one that nobody changed is passed on as it came. */
const texts = new WeakMap<JsonObject, { readonly original: string; readonly written: string }>();

function parsed(json: string): JsonObject {
  const chunk = JSON.parse(json) as JsonObject;
  texts.set(chunk, { original: json, written: JSON.stringify(chunk) });
  return chunk;
}

function textOf(chunk: JsonObject): string {
  const written = JSON.stringify(chunk);
  const text = texts.get(chunk);
  return text?.written === written ? text.original : written;
}

function chunksOf(given: TransformedChunks): readonly JsonObject[] {
  return 'end' in given ? given.chunks : given;
}

function hasEnded(given: TransformedChunks): boolean {
  return 'end' in given;
}

/** Goes on with chunks, unless they are the last ones: then nothing after them is asked. */
function after(
  given: MaybePromise<TransformedChunks>,
  next: (chunks: readonly JsonObject[]) => MaybePromise<TransformedChunks>,
): MaybePromise<TransformedChunks> {
  if (isPromise(given)) return given.then((later) => after(later, next));
  if (!hasEnded(given)) return next(chunksOf(given));
  const passed = next(chunksOf(given));
  const ended = (all: TransformedChunks) => ({ chunks: chunksOf(all), end: true }) as const;
  return isPromise(passed) ? passed.then(ended) : ended(passed);
}
