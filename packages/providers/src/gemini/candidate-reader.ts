import { isJsonObject, type JsonObject } from '@portico/core';
import { PartialArguments } from './partial-arguments.js';
import type { SignedSpan } from './signed-text.js';
import { ANSWER_FUNCTION } from './structured-output.js';
import { signatureOfPart, signedFields } from './thought-signatures.js';

/** What a chat client gets for one part. */
export interface ChatDeltaSink {
  text(text: string): void;
  reasoning(text: string): void;
  /** An entry of `tool_calls` with complete arguments. `index` is its index among them. */
  call(call: JsonObject, index: number): void;
  image(image: JsonObject): void;
  /** Audio in base64. */
  audio(data: string): void;
}

/**
 * Reads the parts of one candidate, in order, whole or streamed. It keeps what chat fields cannot represent:
 * signatures of text, and, if these fields lose the order or the kind of parts (tools that the vendor runs, text
 * after a call), the parts themselves, so that a client can send them back unchanged (R-XL-1).
 */
export class CandidateReader {
  readonly #callIds: string;
  readonly #takenIds = new Set<string>();
  readonly #signedSpans: SignedSpan[] = [];
  /**
   * Every part except audio and unsigned thoughts, which are never sent back. Neighbouring texts without a signature
   * are joined, and an image is referred to by its index among the images.
   */
  readonly #parts: JsonObject[] = [];
  #isRepresentable = true;
  #textLength = 0;
  #calls = 0;
  #images = 0;
  /** A call whose arguments arrive in pieces. */
  #partial: { readonly part: JsonObject; readonly args: PartialArguments } | undefined;

  /** `callIds` is the prefix of ids for calls without one. */
  constructor(callIds: string) {
    this.#callIds = callIds;
  }

  /** Reads one part; false if it is not one. */
  read(part: unknown, sink: ChatDeltaSink): boolean {
    if (!isJsonObject(part)) return false;
    const { text, functionCall } = part;
    const file = part.inlineData ?? part.inline_data;
    if (part.thought === true) this.#thought(part, sink);
    else if (isJsonObject(functionCall)) this.#functionCall(part, functionCall, sink);
    else if (typeof text === 'string') this.#text(part, text, sink);
    else if (isJsonObject(file)) this.#file(part, file, sink);
    else if (isBare(part)) this.#text({ ...part, text: '' }, '', sink);
    else this.#notRepresentable(part);
    return true;
  }

  get hasCalls(): boolean {
    return this.#calls > 0;
  }

  /** UTF-16 units of text so far. */
  get textLength(): number {
    return this.#textLength;
  }

  /** A call was begun and not finished. */
  get isWithinCall(): boolean {
    return this.#partial !== undefined;
  }

  /** A part of a call's arguments could not be read. */
  get hasLostArguments(): boolean {
    return this.#partial?.args.isBroken === true;
  }

  /** Ends a call that the output limit cut, with the arguments so far. */
  endCall(sink: ChatDeltaSink): void {
    if (this.#partial === undefined) return;
    const { part, args } = this.#partial;
    this.#partial = undefined;
    this.#call({ ...part, functionCall: { ...(part.functionCall as JsonObject), args: args.whole } }, sink);
  }

  /** What a client must send back for the next turn, besides the fields of chat; undefined if there is nothing. */
  get replayState(): JsonObject | undefined {
    if (!this.#isRepresentable) return { parts: this.#parts };
    return this.#signedSpans.length > 0 ? { text_signatures: this.#signedSpans } : undefined;
  }

  #thought(part: JsonObject, sink: ChatDeltaSink): void {
    if (typeof part.text === 'string' && part.text !== '') sink.reasoning(part.text);
    if (signatureOfPart(part) !== undefined) this.#notRepresentable(part);
  }

  #text(part: JsonObject, text: string, sink: ChatDeltaSink): void {
    const signature = signatureOfPart(part);
    if (text === '' && signature === undefined) return;
    if (this.#calls > 0 || this.#images > 0) this.#isRepresentable = false;
    const start = this.#textLength;
    this.#textLength += text.length;
    const last = this.#parts.at(-1);
    if (signature !== undefined) {
      this.#signedSpans.push({ start, end: this.#textLength, thought_signature: signature });
      this.#parts.push(part);
    } else if (typeof last?.text === 'string' && last.thought !== true && signatureOfPart(last) === undefined) {
      last.text += text;
    } else {
      this.#parts.push({ text });
    }
    if (text !== '') sink.text(text);
  }

  #functionCall(part: JsonObject, called: JsonObject, sink: ChatDeltaSink): void {
    const pieces = called.partialArgs;
    if (this.#partial === undefined && called.willContinue !== true && pieces === undefined) {
      return this.#call(part, sink);
    }
    this.#partial ??= { part: { ...part, functionCall: opening(called) }, args: new PartialArguments() };
    this.#partial.args.add(pieces);
    if (called.willContinue !== true && !this.#partial.args.isBroken) this.endCall(sink);
  }

  #call(part: JsonObject, sink: ChatDeltaSink): void {
    const { id, name, args } = part.functionCall as JsonObject; // `read` checked that it is one
    const argumentsText = JSON.stringify(isJsonObject(args) ? args : {});
    // The function for a structured answer: not a tool of the client's.
    if (name === ANSWER_FUNCTION) {
      this.#textLength += argumentsText.length;
      return sink.text(argumentsText);
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
    sink.call(call, index);
  }

  /** The vendor's own id, unless there is none or it is a duplicate. */
  #idFor(own: unknown, index: number): string {
    const isUsable = typeof own === 'string' && own !== '' && !this.#takenIds.has(own);
    const id = isUsable ? own : `${this.#callIds}_${index}`;
    this.#takenIds.add(id);
    return id;
  }

  #file(part: JsonObject, file: JsonObject, sink: ChatDeltaSink): void {
    const { data } = file;
    const mediaType = file.mimeType ?? file.mime_type;
    if (typeof data !== 'string' || typeof mediaType !== 'string') return this.#notRepresentable(part);
    if (mediaType.startsWith('audio/')) return sink.audio(data);
    if (this.#calls > 0) this.#isRepresentable = false;
    // Not sent twice: it may be large.
    this.#parts.push({ image: this.#images });
    this.#images += 1;
    const signature = signatureOfPart(part);
    sink.image({
      type: 'image_url',
      image_url: { url: `data:${mediaType};base64,${data}` },
      ...(signature === undefined ? {} : signedFields(signature)),
    });
  }

  #notRepresentable(part: JsonObject): void {
    this.#parts.push(part);
    this.#isRepresentable = false;
  }
}

/** Only a signature. */
function isBare(part: JsonObject): boolean {
  return signatureOfPart(part) !== undefined && Object.keys(part).length === 1;
}

function opening({ partialArgs: _pieces, willContinue: _more, ...called }: JsonObject): JsonObject {
  return called;
}
