import { isJsonObject, type JsonObject } from '@portico/core';
import { PartialArguments } from './partial-arguments.js';
import type { SignedStretch } from './signed-text.js';
import { ANSWER_FUNCTION } from './structured-output.js';
import { signatureOfPart, signedFields } from './thought-signatures.js';

/** What a client of the chat wire is told of one part. */
export interface Teller {
  text(text: string): void;
  reasoning(text: string): void;
  /** An entry of `tool_calls`, its arguments whole. `index` is its place among them. */
  call(call: JsonObject, index: number): void;
  image(image: JsonObject): void;
  /** Sound in base64. */
  audio(data: string): void;
}

/**
 * Reads the parts of one candidate, in order, whole or as a stream brings them. It remembers what chat fields cannot tell:
 * signatures of text, and where these fields lose the order or the kind of parts (tools that the vendor runs, text behind
 * a call), the parts themselves, for a client to send them back as they were (R-XL-1).
 */
export class CandidateReader {
  readonly #callIds: string;
  readonly #takenIds = new Set<string>();
  readonly #stretches: SignedStretch[] = [];
  /**
   * Every part but sound and unsigned thoughts, which never go back. Neighbouring texts without a signature are one, and
   * an image is told by its place among the images.
   */
  readonly #parts: JsonObject[] = [];
  #isTellable = true;
  #textLength = 0;
  #calls = 0;
  #images = 0;
  /** A call whose arguments come piece by piece. */
  #partial: { readonly part: JsonObject; readonly args: PartialArguments } | undefined;

  /** `callIds` begins the ids of calls for which the vendor has none. */
  constructor(callIds: string) {
    this.#callIds = callIds;
  }

  /** Takes one part; false where it is none. */
  read(part: unknown, teller: Teller): boolean {
    if (!isJsonObject(part)) return false;
    const { text, functionCall } = part;
    const file = part.inlineData ?? part.inline_data;
    if (part.thought === true) this.#thought(part, teller);
    else if (isJsonObject(functionCall)) this.#functionCall(part, functionCall, teller);
    else if (typeof text === 'string') this.#text(part, text, teller);
    else if (isJsonObject(file)) this.#file(part, file, teller);
    else if (isBare(part)) this.#text({ ...part, text: '' }, '', teller);
    else this.#untellable(part);
    return true;
  }

  get hasCalls(): boolean {
    return this.#calls > 0;
  }

  /** UTF-16 units of text so far. */
  get textLength(): number {
    return this.#textLength;
  }

  /** A call was begun and not ended. */
  get isWithinCall(): boolean {
    return this.#partial !== undefined;
  }

  /** A part of a call's arguments could not be read. */
  get hasLostArguments(): boolean {
    return this.#partial?.args.isBroken === true;
  }

  /** Ends a call that the bound of the answer cut: what there is of its arguments. */
  endCall(teller: Teller): void {
    if (this.#partial === undefined) return;
    const { part, args } = this.#partial;
    this.#partial = undefined;
    this.#call({ ...part, functionCall: { ...(part.functionCall as JsonObject), args: args.whole } }, teller);
  }

  /** What a client must send back for the next turn, besides what chat has fields for; undefined where that is nothing. */
  get carried(): JsonObject | undefined {
    if (!this.#isTellable) return { parts: this.#parts };
    return this.#stretches.length > 0 ? { text_signatures: this.#stretches } : undefined;
  }

  #thought(part: JsonObject, teller: Teller): void {
    if (typeof part.text === 'string' && part.text !== '') teller.reasoning(part.text);
    if (signatureOfPart(part) !== undefined) this.#untellable(part);
  }

  #text(part: JsonObject, text: string, teller: Teller): void {
    const signature = signatureOfPart(part);
    if (text === '' && signature === undefined) return;
    if (this.#calls > 0 || this.#images > 0) this.#isTellable = false;
    const start = this.#textLength;
    this.#textLength += text.length;
    const last = this.#parts.at(-1);
    if (signature !== undefined) {
      this.#stretches.push({ start, end: this.#textLength, thought_signature: signature });
      this.#parts.push(part);
    } else if (typeof last?.text === 'string' && last.thought !== true && signatureOfPart(last) === undefined) {
      last.text += text;
    } else {
      this.#parts.push({ text });
    }
    if (text !== '') teller.text(text);
  }

  #functionCall(part: JsonObject, called: JsonObject, teller: Teller): void {
    const pieces = called.partialArgs;
    if (this.#partial === undefined && called.willContinue !== true && pieces === undefined) {
      return this.#call(part, teller);
    }
    this.#partial ??= { part: { ...part, functionCall: opening(called) }, args: new PartialArguments() };
    this.#partial.args.add(pieces);
    if (called.willContinue !== true && !this.#partial.args.isBroken) this.endCall(teller);
  }

  #call(part: JsonObject, teller: Teller): void {
    const { id, name, args } = part.functionCall as JsonObject; // `read` saw that it is one
    const argumentsText = JSON.stringify(isJsonObject(args) ? args : {});
    // The form of a structured answer: no tool of the client's.
    if (name === ANSWER_FUNCTION) {
      this.#textLength += argumentsText.length;
      return teller.text(argumentsText);
    }
    this.#parts.push(part);
    const index = this.#calls;
    this.#calls += 1;
    const signature = signatureOfPart(part);
    const call = {
      id: this.#idFor(id, index),
      type: 'function',
      function: { name: typeof name === 'string' ? name : '', arguments: argumentsText },
      ...(signature === undefined ? {} : signedFields(signature)),
    };
    teller.call(call, index);
  }

  /** The vendor's own id, unless it has none or gives one twice. */
  #idFor(own: unknown, index: number): string {
    const isUsable = typeof own === 'string' && own !== '' && !this.#takenIds.has(own);
    const id = isUsable ? own : `${this.#callIds}_${index}`;
    this.#takenIds.add(id);
    return id;
  }

  #file(part: JsonObject, file: JsonObject, teller: Teller): void {
    const { data } = file;
    const mediaType = file.mimeType ?? file.mime_type;
    if (typeof data !== 'string' || typeof mediaType !== 'string') return this.#untellable(part);
    if (mediaType.startsWith('audio/')) return teller.audio(data);
    if (this.#calls > 0) this.#isTellable = false;
    // Not said twice: it may be large.
    this.#parts.push({ image: this.#images });
    this.#images += 1;
    const signature = signatureOfPart(part);
    teller.image({
      type: 'image_url',
      image_url: { url: `data:${mediaType};base64,${data}` },
      ...(signature === undefined ? {} : signedFields(signature)),
    });
  }

  #untellable(part: JsonObject): void {
    this.#parts.push(part);
    this.#isTellable = false;
  }
}

/** Nothing but a signature. */
function isBare(part: JsonObject): boolean {
  return signatureOfPart(part) !== undefined && Object.keys(part).length === 1;
}

function opening({ partialArgs: _pieces, willContinue: _more, ...called }: JsonObject): JsonObject {
  return called;
}
