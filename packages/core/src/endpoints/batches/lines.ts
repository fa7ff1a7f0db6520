import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import { GatewayError } from '../../errors.js';

/** Converts one request of a batch to what its deployment expects. Throws for an invalid one. */
export type RewriteRequest = (url: string, body: JsonObject) => JsonObject;

/** The complete lines of a file, without line ends. Throws `too_large` for one that is longer than `maxBytes`. */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<string, void> {
  const utf8 = new TextDecoder();
  let resource = '';
  for await (const piece of pieces) {
    const seen = resource.length;
    resource += utf8.decode(piece, { stream: true });
    let from = 0;
    for (let end = resource.indexOf('\n', seen); end >= 0; end = resource.indexOf('\n', from)) {
      yield resource.slice(from, end);
      from = end + 1;
    }
    resource = resource.slice(from);
    if (resource.length > maxBytes) throw new GatewayError('too_large', `A line is longer than ${maxBytes} bytes.`);
  }
  resource += utf8.decode();
  if (resource !== '') yield resource;
}

/** The requests of a batch in the form of its deployment, one per line. Throws `invalid_input` with the line number. */
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

/** The model of the first request of a batch; undefined if there is none. */
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
