import type { JsonObject } from '../encoding/json.js';
import { GatewayError } from '../errors.js';
import { broken, headTooLong, LONGEST_HEAD, onlyOnce, readPartHead } from './form-head.js';

/**
 * A `multipart/form-data` body (RFC 7578), cut into parts and not copied: a value that nobody changes goes to the upstream
 * in the bytes the client sent, files above all. The headers of a part are written anew: parsers disagree about unusual
 * ones, so only what was read here, and checked, is sent.
 */
export interface Form {
  readonly parts: readonly FormPart[];
  /**
   * The parts by name, as policies and operations read them: text as it is, repeated names as a list, files as a
   * description.
   */
  readonly fields: JsonObject;
}

interface FormPart {
  readonly name: string;
  /** Undefined for a text field. */
  readonly file: FormFile | undefined;
  readonly value: Uint8Array;
}

/** What is known of a file without reading it. */
interface FormFile {
  readonly fileName: string;
  readonly type: string | undefined;
  readonly bytes: number;
}

/** Longest text field that is read; files are not limited by this. */
export const LONGEST_TEXT = 1024 * 1024;
export const MOST_PARTS = 1_000;
/** Throws `unsupported_media_type` for other content types, and `invalid_input` for a broken or truncated form. */
export function readForm(bytes: Uint8Array, contentType: string | undefined): Form {
  const boundary = boundaryOf(contentType);
  const delimiter = UTF8.encode(`\r\n--${boundary}`);
  const parts: FormPart[] = [];
  const checkOnce = onlyOnce();
  // The first delimiter may be at the very start, without its line break.
  let at = startsWith(bytes, delimiter.subarray(2), 0) ? delimiter.length - 2 : afterNext(bytes, delimiter, 0);
  for (;;) {
    if (at === undefined) throw broken('its last boundary is missing');
    if (bytes[at] === DASH && bytes[at + 1] === DASH) break;
    const head = endOfLine(bytes, at);
    // A part may have no header at all; then the empty line begins where its delimiter's line ends.
    const headEnd = indexOf(bytes.subarray(0, head + LONGEST_HEAD), EMPTY_LINE, head - 2);
    if (headEnd === undefined && bytes.length - head > LONGEST_HEAD) throw headTooLong();
    const end = headEnd === undefined ? undefined : indexOf(bytes, delimiter, headEnd + 2);
    if (headEnd === undefined || end === undefined) throw broken('its last boundary is missing');
    if (parts.length === MOST_PARTS) throw broken(`it has more than ${MOST_PARTS} parts`);
    const part = readPart(bytes.subarray(head, headEnd + 4), bytes.subarray(Math.min(headEnd + 4, end), end));
    checkOnce(part.name, part.file !== undefined);
    parts.push(part);
    at = end + delimiter.length;
  }
  return { parts, fields: fieldsOf(parts) };
}

/** The form with these fields: absent ones are dropped, changed ones are written again. */
export function writeForm(form: Form, fields: JsonObject): { readonly body: Uint8Array; readonly contentType: string } {
  const pieces: Uint8Array[] = [];
  const boundary = newBoundary();
  const known = new Set<string>();
  for (const part of form.parts) {
    const value = Object.hasOwn(fields, part.name) ? fields[part.name] : undefined;
    const first = !known.has(part.name);
    known.add(part.name);
    if (value === undefined) continue;
    if (value === form.fields[part.name]) pieces.push(headOf(boundary, part), part.value, LINE_END);
    else if (first) for (const text of textsOf(value)) pieces.push(textField(boundary, part.name, text));
  }
  for (const [name, value] of Object.entries(fields)) {
    if (known.has(name) || value === undefined) continue;
    for (const text of textsOf(value)) pieces.push(textField(boundary, name, text));
  }
  pieces.push(UTF8.encode(`--${boundary}--\r\n`));
  return { body: join(pieces), contentType: `multipart/form-data; boundary=${boundary}` };
}

const UTF8 = new TextEncoder();
export const LINE_END = UTF8.encode('\r\n');
export const EMPTY_LINE = UTF8.encode('\r\n\r\n');
const DASH = 0x2d;

/** The boundary of the form. Throws `unsupported_media_type` for another content type. */
export function boundaryOf(contentType: string | undefined): string {
  const type = contentType ?? '';
  const found = /;\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))/i.exec(type);
  const boundary = found?.[1] ?? found?.[2];
  if (boundary !== undefined && /^multipart\/form-data\b/i.test(type)) return boundary;
  const seen = type === '' ? 'none' : `"${type.slice(0, 100)}"`;
  throw new GatewayError(
    'unsupported_media_type',
    `This endpoint expects a form: content-type "multipart/form-data" with its boundary; found ${seen}.`,
  );
}

function readPart(head: Uint8Array, value: Uint8Array): FormPart {
  const { name, fileName, type } = readPartHead(head);
  if (fileName === undefined && value.byteLength > LONGEST_TEXT) throw tooLong(name);
  const file = fileName === undefined ? undefined : { fileName, type, bytes: value.byteLength };
  return { name, file, value };
}

export function tooLong(field: string): GatewayError {
  return new GatewayError('too_large', `The field "${field.slice(0, 100)}" is longer than ${LONGEST_TEXT} bytes.`);
}

function fieldsOf(parts: readonly FormPart[]): JsonObject {
  const fields = new Map<string, unknown>();
  for (const part of parts) {
    const value = part.file ?? new TextDecoder().decode(part.value);
    const before = fields.get(part.name);
    if (before === undefined) fields.set(part.name, value);
    else if (Array.isArray(before)) before.push(value);
    else fields.set(part.name, [before, value]);
  }
  return Object.fromEntries(fields);
}

/** A boundary that no value can contain, because nobody knows it before. */
export function newBoundary(): string {
  return `portico-${crypto.randomUUID()}`;
}

/** A text field, from its delimiter to the line end behind its value. */
export function textField(boundary: string, name: string, text: string): Uint8Array {
  return UTF8.encode(`--${boundary}\r\ncontent-disposition: form-data; name="${quoted(name)}"\r\n\r\n${text}\r\n`);
}

/** A file field from its delimiter to where its value begins. */
export function fileHead(boundary: string, name: string, fileName: string, type: string | undefined): Uint8Array {
  const typeLine = type === undefined ? '' : `\r\ncontent-type: ${onOneLine(type)}`;
  return UTF8.encode(
    `--${boundary}\r\ncontent-disposition: form-data; name="${quoted(name)}"; filename="${quoted(fileName)}"${typeLine}\r\n\r\n`,
  );
}

function headOf(boundary: string, { name, file }: FormPart): Uint8Array {
  // A text goes without a type: with one, some parsers take it for a file.
  if (file !== undefined) return fileHead(boundary, name, file.fileName, file.type);
  return UTF8.encode(`--${boundary}\r\ncontent-disposition: form-data; name="${quoted(name)}"\r\n\r\n`);
}

function quoted(text: string): string {
  return onOneLine(text).replaceAll('\\', '\\\\').replaceAll('"', '%22');
}

function onOneLine(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ');
}

function textsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map((each) =>
    typeof each === 'object' && each !== null ? JSON.stringify(each) : String(each),
  );
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

function endOfLine(bytes: Uint8Array, from: number): number {
  const end = indexOf(bytes, LINE_END, from);
  if (end === undefined) throw broken('its last boundary is missing');
  return end + 2;
}

function afterNext(bytes: Uint8Array, wanted: Uint8Array, from: number): number | undefined {
  const found = indexOf(bytes, wanted, from);
  return found === undefined ? undefined : found + wanted.length;
}

/**
 * Where `wanted` is, which begins with a carriage return and has no other before its end, as every delimiter does. The
 * engine looks for that faster than we could, but a call of it costs as much as some steps by hand: where one carriage
 * return was, more are expected near.
 */
export function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number | undefined {
  const first = wanted[0] as number;
  let at = bytes.indexOf(first, from);
  while (at >= 0) {
    if (startsWith(bytes, wanted, at)) return at;
    const near = Math.min(at + NEAR, bytes.length);
    at += 1;
    while (at < near && bytes[at] !== first) at += 1;
    if (bytes[at] !== first) at = bytes.indexOf(first, at);
  }
  return undefined;
}

const NEAR = 32;

function startsWith(bytes: Uint8Array, wanted: Uint8Array, at: number): boolean {
  for (let index = 0; index < wanted.length; index++) if (bytes[at + index] !== wanted[index]) return false;
  return true;
}
