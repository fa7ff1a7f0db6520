import {
  boundaryOf,
  broken,
  EMPTY_LINE,
  indexOf,
  LINE_END,
  LONGEST_TEXT,
  MOST_PARTS,
  type PartHead,
  readPartHead,
  tooLong,
} from './form.js';

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
  try {
    for (let parts = 0; await form.nextPart(); parts += 1) {
      if (parts === MOST_PARTS) throw broken(`it has more than ${MOST_PARTS} parts`);
      yield { ...readPartHead(await form.head()), value: form.value() };
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

/** The lines of a file field's head, for one that is written anew. */
export function fileHead(name: string, fileName: string, type: string | undefined): Uint8Array {
  const quoted = (text: string) => text.replaceAll('"', '%22').replaceAll(/[\r\n]/g, ' ');
  const typeLine = type === undefined ? '' : `\r\ncontent-type: ${type.replaceAll(/[\r\n]/g, ' ')}`;
  return UTF8.encode(
    `content-disposition: form-data; name="${quoted(name)}"; filename="${quoted(fileName)}"${typeLine}\r\n\r\n`,
  );
}

const UTF8 = new TextEncoder();
const DASHES = '--';
/** Headers of a part are a name, a file name and a type. */
const LONGEST_HEAD = 16 * 1024;

class ComingForm {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #delimiter: Uint8Array;
  /** What has come and is not taken yet. The first delimiter may come without the line break that begins the others. */
  #held: Uint8Array = LINE_END;
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
    for (;;) {
      // The line of the delimiter may have white space at its end, and a part no header at all.
      const end = indexOf(this.#held, EMPTY_LINE, 0);
      if (end !== undefined) {
        const head = this.#held.subarray(0, end + EMPTY_LINE.length);
        this.#held = this.#held.subarray(head.length);
        this.#inValue = true;
        return head;
      }
      if (this.#held.length > LONGEST_HEAD) throw broken('the headers of a part are too long');
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
    if (this.#held.length === 0) {
      this.#held = value;
      return;
    }
    const joined = new Uint8Array(this.#held.length + value.length);
    joined.set(this.#held);
    joined.set(value, this.#held.length);
    this.#held = joined;
  }
}
