import { boundaryOf, EMPTY_LINE, indexOf, LINE_END, LONGEST_TEXT, MOST_PARTS, tooLong } from './form.js';
import { broken, headTooLong, LONGEST_HEAD, onlyOnce, type PartHead, readPartHead } from './form-head.js';

/** A part of a form that is still coming in. Its value is to be read before the next part is asked for. */
export interface ComingPart extends PartHead {
  readonly value: AsyncIterable<Uint8Array>;
}

/**
 * The parts of a `multipart/form-data` body as they come in: for files too large to wait for. Throws as `readForm` does.
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

/** The text of a part, which is bounded. */
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
  /** What has come and is not taken yet. The first delimiter may come without the line break that begins the others. */
  #held: Uint8Array = LINE_END;
  /** How many bytes behind the held ones are ours to write into: pieces may be of one byte each. */
  #room = 0;
  #inValue = true;

  constructor(pieces: AsyncIterable<Uint8Array>, boundary: string) {
    this.#pieces = pieces[Symbol.asyncIterator]();
    this.#delimiter = UTF8.encode(`\r\n--${boundary}`);
  }

  /** Goes behind the next delimiter; false if it is the last. What comes before the first is nobody's. */
  async nextPart(): Promise<boolean> {
    await this.#skipRest();
    while (this.#held.length < DASHES.length) await this.#more();
    return new TextDecoder('latin1').decode(this.#held.subarray(0, DASHES.length)) !== DASHES;
  }

  async head(): Promise<Uint8Array> {
    for (let seen = 0; ; ) {
      // The line of the delimiter may have white space at its end, and a part no header at all.
      const end = indexOf(this.#held, EMPTY_LINE, seen);
      if (end !== undefined) {
        const head = this.#held.subarray(0, end + EMPTY_LINE.length);
        this.#held = this.#held.subarray(head.length);
        this.#inValue = true;
        return head;
      }
      if (this.#held.length > LONGEST_HEAD) throw headTooLong();
      seen = Math.max(0, this.#held.length - EMPTY_LINE.length + 1);
      await this.#more();
    }
  }

  async *value(): AsyncGenerator<Uint8Array, void> {
    while (this.#inValue) {
      const end = indexOf(this.#held, this.#delimiter, 0);
      // The beginning of a delimiter may be all that has come of it.
      const sure = end ?? Math.max(0, this.#held.length - this.#delimiter.length + 1);
      const piece = this.#held.subarray(0, sure);
      if (end === undefined) this.#held = this.#held.subarray(sure);
      else {
        this.#held = this.#held.subarray(end + this.#delimiter.length);
        this.#inValue = false;
      }
      if (piece.length > 0) yield piece;
      if (this.#inValue) await this.#more();
    }
  }

  /** Nobody takes what is left. */
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
    const held = this.#held;
    const length = held.length + value.length;
    if (held.length === 0) {
      this.#held = value;
      this.#room = 0;
    } else if (value.length <= this.#room) {
      this.#held = new Uint8Array(held.buffer, held.byteOffset, length);
      this.#held.set(value, held.length);
      this.#room -= value.length;
    } else {
      this.#room = Math.min(length, LONGEST_HEAD);
      const joined = new Uint8Array(length + this.#room);
      joined.set(held);
      joined.set(value, held.length);
      this.#held = joined.subarray(0, length);
    }
  }
}
