import { GatewayError } from '../errors.js';
import { isJsonObject, type JsonObject } from '../json.js';

/** Makes of one request in a batch what its deployment is to be asked. Throws what is wrong with it. */
export type RewriteRequest = (url: string, body: JsonObject) => JsonObject;

/** The lines of a file, each whole, without their ends. Throws `too_large` for one that is longer than `maxBytes`. */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<string, void> {
  const utf8 = new TextDecoder();
  let held = '';
  for await (const piece of pieces) {
    const seen = held.length;
    held += utf8.decode(piece, { stream: true });
    let from = 0;
    for (let end = held.indexOf('\n', seen); end >= 0; end = held.indexOf('\n', from)) {
      yield held.slice(from, end);
      from = end + 1;
    }
    held = held.slice(from);
    if (held.length > maxBytes) throw new GatewayError('too_large', `A line is longer than ${maxBytes} bytes.`);
  }
  held += utf8.decode();
  if (held !== '') yield held;
}

/** The requests of a batch as its deployment is to read them, a line each. Throws `invalid_input` with the line's number. */
export async function* rewriteLines(
  lines: AsyncIterable<string>,
  rewrite: RewriteRequest,
): AsyncGenerator<Uint8Array, void> {
  const utf8 = new TextEncoder();
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (line.trim() === '') continue;
    const request = readLine(line, number);
    let body: JsonObject;
    try {
      body = rewrite(request.url, request.body);
    } catch (error) {
      throw error instanceof GatewayError ? atLine(number, error) : error;
    }
    yield utf8.encode(`${JSON.stringify({ ...request.all, body })}\n`);
  }
  if (number === 0) throw new GatewayError('invalid_input', 'The file holds no request.', { param: 'file' });
}

/** The model that the first request of a batch asks for; undefined where there is none. */
export function modelOfLine(line: string): string | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const body = isJsonObject(value) ? value.body : undefined;
    return isJsonObject(body) && typeof body.model === 'string' ? body.model : undefined;
  } catch {
    return undefined;
  }
}

function readLine(
  line: string,
  number: number,
): { readonly all: JsonObject; readonly url: string; readonly body: JsonObject } {
  let all: unknown;
  try {
    all = JSON.parse(line);
  } catch {
    throw wrong(number, 'is not JSON');
  }
  if (!isJsonObject(all)) throw wrong(number, 'is not a JSON object');
  const { url, body } = all;
  if (typeof url !== 'string') throw wrong(number, 'has no "url"');
  if (!isJsonObject(body)) throw wrong(number, 'has no "body"');
  return { all, url, body };
}

function wrong(number: number, what: string): GatewayError {
  return new GatewayError('invalid_input', `Line ${number} of the file ${what}.`, { param: 'file' });
}

function atLine(number: number, error: GatewayError): GatewayError {
  return new GatewayError(error.kind, `Line ${number} of the file: ${error.message}`, {
    param: 'file',
    code: error.code,
    cause: error,
  });
}
