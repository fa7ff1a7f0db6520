import { GatewayError } from '../errors.js';

/** Longest headers of one part, in bytes. They are a name, a file name and a type. */
export const LONGEST_HEAD = 16 * 1024;

/**
 * Fields that decide where a call goes, what it may do or what it costs. Some vendors take the first of two, others the
 * last; so two are refused, and so is a file of such a name.
 */
const DECIDING = new Set(
  'model purpose target_model_names n size quality stream stream_format response_format user'.split(' '),
);

/** What the headers of a part say. */
export interface PartHead {
  readonly name: string;
  /** Undefined for a text field. */
  readonly fileName: string | undefined;
  readonly type: string | undefined;
}

/** Throws `invalid_input` for headers that other parsers could read otherwise: one that decides something is there twice. */
export function readPartHead(head: Uint8Array): PartHead {
  const headers = headersOf(new TextDecoder().decode(head));
  const parameters = parametersOf(headers.get('content-disposition') ?? '');
  const name = parameters.get('name');
  if (name === undefined || name === '__proto__' || /[\\\p{Cc}]/u.test(name))
    throw broken('one of its parts has no usable name');
  return {
    name,
    fileName: parameters.get('filename') ?? decodedName(parameters.get('filename*')),
    type: headers.get('content-type'),
  };
}

/** By hand and not by a regular expression: a line of spaces would cost the square of its length. */
function headersOf(text: string): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    if (headers.has(name)) throw broken('a part of it has a header twice');
    headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}

export function headTooLong(): GatewayError {
  return broken(`the headers of a part are longer than ${LONGEST_HEAD} bytes`);
}

/** A check to be called for every part of one form: fields that decide something are texts, and there once. */
export function onlyOnce(): (name: string, isFile: boolean) => void {
  const seen = new Set<string>();
  return (name, isFile) => {
    if (!DECIDING.has(name)) return;
    if (isFile) throw new GatewayError('invalid_input', `"${name}" must be a text field, not a file.`, { param: name });
    if (seen.has(name)) {
      throw new GatewayError('invalid_input', `The field "${name}" is in the form twice; send it once.`, {
        param: name,
      });
    }
    seen.add(name);
  };
}

/**
 * What follows the first semicolon of a header: `name=value` or `name="value"`, names in lower case. Browsers write a quote
 * in a value as %22, others with a backslash.
 */
function parametersOf(header: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let at = header.indexOf(';');
  while (at >= 0 && at < header.length) {
    const equals = header.indexOf('=', at);
    if (equals < 0) break;
    const name = header
      .slice(at + 1, equals)
      .trim()
      .toLowerCase();
    // RFC 7578 §4.2 knows no starred name; some parsers take it and some do not.
    if (name === 'name*' || found.has(name)) throw broken('a part of it has a parameter twice, or "name*"');
    const [value, end] = valueAt(header, equals + 1);
    found.set(name, value);
    at = end;
  }
  return found;
}

/** The value that begins at `from`, and where the semicolon behind it is. */
function valueAt(header: string, from: number): [value: string, end: number] {
  let at = from;
  while (header[at] === ' ' || header[at] === '\t') at += 1;
  if (header[at] !== '"') {
    const next = header.indexOf(';', at);
    const end = next < 0 ? header.length : next;
    return [header.slice(at, end).trim(), end];
  }
  let value = '';
  for (at += 1; header[at] !== '"'; at += 1) {
    if (at >= header.length) throw broken('a quoted text in the headers of a part has no end');
    if (header[at] === '\\' && (header[at + 1] === '"' || header[at + 1] === '\\')) at += 1;
    value += header[at];
  }
  const next = header.indexOf(';', at);
  const end = next < 0 ? header.length : next;
  if (header.slice(at + 1, end).trim() !== '')
    throw broken('a quoted text in the headers of a part is followed by more');
  return [value, end];
}

/** RFC 8187 §3.2. .NET sends this beside the plain file name, and some older clients in its place. */
function decodedName(encoded: string | undefined): string | undefined {
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded.slice(encoded.lastIndexOf("'") + 1));
  } catch {
    return 'file';
  }
}

export function broken(what: string): GatewayError {
  return new GatewayError('invalid_input', `The form cannot be read: ${what}.`);
}
