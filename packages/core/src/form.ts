import { GatewayError } from './errors.js';
import type { JsonObject } from './json.js';

/**
 * A `multipart/form-data` body (RFC 7578), cut into parts and not copied: what nobody changes goes to the upstream in the
 * very bytes the client sent, files above all.
 */
export interface Form {
  readonly boundary: string;
  readonly parts: readonly FormPart[];
  /** The parts by name, as policies and operations read them: text as it is, several of one name as a list, files described. */
  readonly fields: JsonObject;
}

interface FormPart {
  readonly name: string;
  /** Undefined for a text field. */
  readonly file: FormFile | undefined;
  /** Its headers, up to and with the empty line. */
  readonly head: Uint8Array;
  readonly value: Uint8Array;
}

/** What is known of a file without reading it. */
interface FormFile {
  readonly fileName: string;
  readonly type: string | undefined;
  readonly bytes: number;
}

/** Longest text field that is read; files have no such bound. */
export const LONGEST_TEXT = 1024 * 1024;
export const MOST_PARTS = 1_000;

/** Throws `unsupported_media_type` for other types of content, and `invalid_input` for a form that is broken or cut. */
export function readForm(bytes: Uint8Array, contentType: string | undefined): Form {
  const boundary = boundaryOf(contentType);
  const delimiter = UTF8.encode(`\r\n--${boundary}`);
  const parts: FormPart[] = [];
  // The first delimiter may be the first thing there is, without its line break.
  let at = startsWith(bytes, delimiter.subarray(2), 0) ? delimiter.length - 2 : afterNext(bytes, delimiter, 0);
  for (;;) {
    if (at === undefined) throw broken('its last boundary is missing');
    if (bytes[at] === DASH && bytes[at + 1] === DASH) break;
    const head = endOfLine(bytes, at);
    const headEnd = indexOf(bytes, EMPTY_LINE, head - 2);
    const end = headEnd === undefined ? undefined : indexOf(bytes, delimiter, headEnd + 2);
    if (headEnd === undefined || end === undefined) throw broken('its last boundary is missing');
    if (parts.length === MOST_PARTS) throw broken(`it has more than ${MOST_PARTS} parts`);
    parts.push(readPart(bytes.subarray(head, headEnd + 4), bytes.subarray(Math.min(headEnd + 4, end), end)));
    at = end + delimiter.length;
  }
  return { boundary, parts, fields: fieldsOf(parts) };
}

/** The form with these fields: those that are absent are dropped, those that differ from the form's own are written anew. */
export function writeForm(form: Form, fields: JsonObject): { readonly body: Uint8Array; readonly contentType: string } {
  const pieces: Uint8Array[] = [];
  const known = new Set<string>();
  for (const part of form.parts) {
    const value = fields[part.name];
    const first = !known.has(part.name);
    known.add(part.name);
    if (value === undefined) continue;
    if (value === form.fields[part.name]) pieces.push(openPart(form), part.head, part.value, LINE_END);
    else if (first) for (const text of textsOf(value)) pieces.push(openPart(form), textPart(part.name, text));
  }
  for (const [name, value] of Object.entries(fields)) {
    if (known.has(name) || value === undefined) continue;
    for (const text of textsOf(value)) pieces.push(openPart(form), textPart(name, text));
  }
  pieces.push(UTF8.encode(`--${form.boundary}--\r\n`));
  return { body: join(pieces), contentType: `multipart/form-data; boundary=${form.boundary}` };
}

const UTF8 = new TextEncoder();
export const LINE_END = UTF8.encode('\r\n');
export const EMPTY_LINE = UTF8.encode('\r\n\r\n');
const DASH = 0x2d;

/** What stands between the parts. Throws `unsupported_media_type` for what is no form. */
export function boundaryOf(contentType: string | undefined): string {
  const type = contentType ?? '';
  const found = /;\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))/i.exec(type);
  const boundary = found?.[1] ?? found?.[2];
  if (boundary !== undefined && /^multipart\/form-data\b/i.test(type)) return boundary;
  const seen = type === '' ? 'none' : `"${type.slice(0, 100)}"`;
  throw new GatewayError(
    'unsupported_media_type',
    `This endpoint takes a form: content-type "multipart/form-data" with its boundary; found ${seen}.`,
  );
}

function readPart(head: Uint8Array, value: Uint8Array): FormPart {
  const { name, fileName, type } = readPartHead(head);
  if (fileName === undefined && value.byteLength > LONGEST_TEXT) throw tooLong(name);
  const file = fileName === undefined ? undefined : { fileName, type, bytes: value.byteLength };
  return { name, file, head, value };
}

/** What the headers of a part say. */
export interface PartHead {
  readonly name: string;
  /** Undefined for a text field. */
  readonly fileName: string | undefined;
  readonly type: string | undefined;
}

export function readPartHead(head: Uint8Array): PartHead {
  const headers = new TextDecoder().decode(head);
  const disposition = /^content-disposition:(.*)$/im.exec(headers)?.[1] ?? '';
  const name = parameter(disposition, 'name');
  if (name === undefined || name === '__proto__') throw broken('a part of it has no usable name');
  const type = /^content-type:\s*(.*?)\s*$/im.exec(headers)?.[1];
  return { name, fileName: parameter(disposition, 'filename'), type };
}

export function tooLong(field: string): GatewayError {
  return new GatewayError('too_large', `The field "${field.slice(0, 100)}" is longer than ${LONGEST_TEXT} bytes.`);
}

// Browsers write a quote in a name as %22, others with a backslash.
function parameter(disposition: string, name: string): string | undefined {
  const found = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;"]+))`, 'i').exec(disposition);
  return found?.[1]?.replaceAll(/\\(["\\])/g, '$1') ?? found?.[2];
}

function fieldsOf(parts: readonly FormPart[]): JsonObject {
  const fields: JsonObject = {};
  for (const part of parts) {
    const value = part.file ?? new TextDecoder().decode(part.value);
    const before = fields[part.name];
    if (before === undefined) fields[part.name] = value;
    else if (Array.isArray(before)) before.push(value);
    else fields[part.name] = [before, value];
  }
  return fields;
}

function openPart({ boundary }: Form): Uint8Array {
  return UTF8.encode(`--${boundary}\r\n`);
}

function textPart(name: string, text: string): Uint8Array {
  const safe = name.replaceAll('"', '%22').replaceAll(/[\r\n]/g, ' ');
  return UTF8.encode(`content-disposition: form-data; name="${safe}"\r\n\r\n${text}\r\n`);
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

/** Where `wanted` is, which begins with a carriage return as every delimiter does: the engine looks for that faster than we could. */
export function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number | undefined {
  const first = wanted[0] as number;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (startsWith(bytes, wanted, at)) return at;
  }
  return undefined;
}

function startsWith(bytes: Uint8Array, wanted: Uint8Array, at: number): boolean {
  for (let index = 0; index < wanted.length; index++) if (bytes[at + index] !== wanted[index]) return false;
  return true;
}

export function broken(what: string): GatewayError {
  return new GatewayError('invalid_input', `The form cannot be read: ${what}.`);
}
