import { boundaryOf, EMPTY_LINE, indexOf, LINE_END, LONGEST_TEXT, MOST_PARTS, tooLong } from './form.js';
import { broken, headTooLong, LONGEST_HEAD, onlyOnce, type PartHead, readPartHead } from './form-head.js';

/** A part of a form that is still arriving. Its value must be read before the next part is requested. */
export interface ComingPart extends PartHead {
  readonly value: AsyncIterable<Uint8Array>;
}

/**
 * The parts of a `multipart/form-data` body as they arrive, for files too large to buffer. Throws as `readForm` does.
 */
export async function* readFormParts(
  pieces: AsyncIterable<Uint8Array>,
  contentType: string | undefined,
): AsyncGenerator<ComingPart, void> {
  const form = new ComingForm(pieces, boundaryOf(contentType));
  const checkOnce = onlyOnce();
  try {
    for (let parts = 0; await form.nextPart(); parts += 1) {
      if (parts === MOST_PARTS) throw broken(`it has more than ${MOST_PARTS} parts`);
      const head = readPartHead(await form.head());
      checkOnce(head.name, head.fileName !== undefined);
      yield { ...head, value: form.value() };
    }
  } finally {
    await form.close();
  }
}

/** The text of a part, up to a size limit. */
export async function textOf({ name, value }: ComingPart): Promise<string> {
  const utf8 = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const piece of value) {
    bytes += piece.byteLength;
    if (bytes > LONGEST_TEXT) throw tooLong(name);
    text += utf8.decode(piece, { stream: true });
  }
  return text + utf8.decode();
}

const UTF8 = new TextEncoder();
const DASHES = '--';

class ComingForm {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #delimiter: Uint8Array;
  /**
   * The bytes that have arrived and are not consumed. The first delimiter may come without the leading line break of
   * the others.
   */
  #buffered: Uint8Array = LINE_END;
  /** How many bytes behind the held ones are ours to write into: pieces may be of one byte each. */
  #room = 0;
  #inValue = true;

  constructor(pieces: AsyncIterable<Uint8Array>, boundary: string) {
    this.#pieces = pieces[Symbol.asyncIterator]();
    this.#delimiter = UTF8.encode(`\r\n--${boundary}`);
  }

  /** Moves behind the next delimiter; false if it is the last. Anything before the first is ignored. */
  async nextPart(): Promise<boolean> {
    await this.#skipRest();
    while (this.#buffered.length < DASHES.length) await this.#more();
    return new TextDecoder('latin1').decode(this.#buffered.subarray(0, DASHES.length)) !== DASHES;
  }

  async head(): Promise<Uint8Array> {
    for (let seen = 0; ; ) {
      // The delimiter line may end with white space, and a part may have no header.
      const end = indexOf(this.#buffered, EMPTY_LINE, seen);
      if (end !== undefined) {
        const head = this.#buffered.subarray(0, end + EMPTY_LINE.length);
        this.#buffered = this.#buffered.subarray(head.length);
        this.#inValue = true;
        return head;
      }
      if (this.#buffered.length > LONGEST_HEAD) throw headTooLong();
      seen = Math.max(0, this.#buffered.length - EMPTY_LINE.length + 1);
      await this.#more();
    }
  }

  async *value(): AsyncGenerator<Uint8Array, void> {
    while (this.#inValue) {
      const end = indexOf(this.#buffered, this.#delimiter, 0);
      // Only the beginning of a delimiter may have arrived.
      const sure = end ?? Math.max(0, this.#buffered.length - this.#delimiter.length + 1);
      const piece = this.#buffered.subarray(0, sure);
      if (end === undefined) this.#buffered = this.#buffered.subarray(sure);
      else {
        this.#buffered = this.#buffered.subarray(end + this.#delimiter.length);
        this.#inValue = false;
      }
      if (piece.length > 0) yield piece;
      if (this.#inValue) await this.#more();
    }
  }

  /** The rest is not read. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  async #skipRest(): Promise<void> {
    for await (const _piece of this.value());
  }

  async #more(): Promise<void> {
    const next = await this.#pieces.next();
    if (next.done) throw broken('its last boundary is missing');
    const value: Uint8Array = next.value;
    const buffered = this.#buffered;
    const length = buffered.length + value.length;
    if (buffered.length === 0) {
      this.#buffered = value;
      this.#room = 0;
    } else if (value.length <= this.#room) {
      this.#buffered = new Uint8Array(buffered.buffer, buffered.byteOffset, length);
      this.#buffered.set(value, buffered.length);
      this.#room -= value.length;
    } else {
      this.#room = Math.min(length, LONGEST_HEAD);
      const joined = new Uint8Array(length + this.#room);
      joined.set(buffered);
      joined.set(value, buffered.length);
      this.#buffered = joined.subarray(0, length);
    }
  }
}
