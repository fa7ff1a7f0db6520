import type { Deployment } from '../deployment.js';
import { GatewayError } from '../errors.js';
import { fileHead, LINE_END, newBoundary, textField } from '../form.js';
import { type ComingPart, readFormParts, textOf } from '../form-stream.js';
import type { IncomingRequest } from '../incoming.js';
import type { JsonObject } from '../json.js';
import { linesOf, modelOfLine, rewriteLines } from '../operations/batch-lines.js';
import type { Place } from '../routing/route-table.js';
import type { MatchOperation } from './match-operation.js';
import { formTakenApart } from './open-call.js';

export interface UploadParts {
  readonly maxBodyBytes: number;
  readonly maxFileBytes: number;
  /** Which operation a line of a batch asks for. */
  readonly match: MatchOperation;
  hasPrice(deployment: Deployment): boolean;
}

/** A file on its way to the deployment that is to have it. */
export interface Upload {
  readonly place: Place;
  /** The fields that came before it; all of them where it was small. */
  readonly fields: JsonObject;
  /** The form as the deployment is to get it. */
  write(rename: (fileName: string) => string): Promise<{
    readonly contentType: string;
    readonly body: Uint8Array | AsyncIterable<Uint8Array>;
  }>;
}

/** What the gateway reads and no vendor needs. */
const OWN_FIELDS = new Set(['model', 'target_model_names']);

/** The purpose of files whose lines are requests. */
const BATCH = 'batch';

/**
 * Opens a form with a file. Once it is known where the file goes and what it is for, it is not waited for: its bytes leave
 * as they come. What is known only from fields behind the file costs holding it, up to the bound of other bodies.
 */
export async function openUpload(
  request: IncomingRequest,
  wantedModel: string | undefined,
  placeFor: (model: string | undefined) => Place,
  createdAt: number,
  parts: UploadParts,
): Promise<Upload> {
  const { body } = request;
  if (body.kind !== 'bytes') throw formTakenApart();
  const pieces = body.stream === undefined ? once(body.read(parts.maxBodyBytes)) : body.stream();
  const coming = readFormParts(bounded(pieces, parts.maxFileBytes), request.header('content-type'));
  const fields: [name: string, text: string][] = [];
  let textLength = 0;
  let file: ComingPart | undefined;
  let held: Uint8Array[] | undefined;
  for (let next = await coming.next(); !next.done; next = await coming.next()) {
    const part = next.value;
    if (part.fileName === undefined) {
      const text = await textOf(part);
      textLength += text.length;
      if (textLength > parts.maxBodyBytes) throw textsTooLong(parts.maxBodyBytes);
      fields.push([part.name, text]);
    } else {
      if (file !== undefined) throw moreThanOne();
      file = part;
      if (isKnown()) break;
      held = await hold(part.value, parts.maxBodyBytes);
    }
  }
  if (file === undefined)
    throw new GatewayError('invalid_input', '"file" must be a file; it is missing.', { param: 'file' });
  const { name, fileName = '', type, value } = file;
  const content = held === undefined ? value : each(held);
  const isBatch = fieldOf('purpose') === BATCH;
  const lines = isBatch ? linesOf(content, parts.maxBodyBytes) : undefined;
  const first = lines && (await lines.next());
  const asked = modelAsked() ?? (first?.done === false ? modelOfLine(first.value) : undefined);
  const place = placeFor(asked);

  return {
    place,
    fields: { ...Object.fromEntries(fields), [name]: { fileName, type } },
    async write(rename) {
      const boundary = newBoundary();
      const written = writeForm(boundary, rename(fileName));
      return {
        contentType: `multipart/form-data; boundary=${boundary}`,
        body: held === undefined ? written : joined(await hold(written, Number.POSITIVE_INFINITY)),
      };
    },
  };

  function fieldOf(wanted: string): string | undefined {
    return fields.find(([field]) => field === wanted)?.[1];
  }

  function modelAsked(): string | undefined {
    return wantedModel ?? fieldOf('model') ?? fieldOf('target_model_names');
  }

  /** A batch says with its first line where it goes. */
  function isKnown(): boolean {
    const purpose = fieldOf('purpose');
    return purpose !== undefined && (purpose === BATCH || modelAsked() !== undefined);
  }

  async function* writeForm(boundary: string, sentName: string): AsyncGenerator<Uint8Array, void> {
    for (const [field, text] of fields) if (!OWN_FIELDS.has(field)) yield textField(boundary, field, text);
    yield fileHead(boundary, name, sentName, type);
    if (lines === undefined || first === undefined) yield* content;
    else yield* rewriteLines(after(first, lines), rewrite);
    yield LINE_END;
    if (held === undefined) {
      for (let next = await coming.next(); !next.done; next = await coming.next()) {
        const part = next.value;
        if (part.fileName !== undefined) throw moreThanOne();
        const text = await textOf(part);
        if (!OWN_FIELDS.has(part.name)) yield textField(boundary, part.name, text);
      }
    }
    yield UTF8.encode(`--${boundary}--\r\n`);
  }

  /** A line of a batch is asked for like a call: by the public name of the model, and spelled as its deployment wants it. */
  function rewrite(url: string, asking: JsonObject): JsonObject {
    const { deployment, group } = place;
    if (asking.model !== group.name) {
      const found = typeof asking.model === 'string' ? JSON.stringify(asking.model.slice(0, 100)) : 'no model';
      throw new GatewayError('invalid_input', `it asks for ${found}, but the file is for "${group.name}".`, {
        code: 'mismatched_model',
      });
    }
    const operation = parts.match('POST', url);
    const codec = operation?.kind === 'upstream' ? deployment.provider.codecs[operation.name] : undefined;
    if (codec === undefined) {
      throw new GatewayError('invalid_input', `${url.slice(0, 100)} cannot be asked for in a batch.`, { param: 'url' });
    }
    const { stream: _stream, stream_options: _options, ...whole } = asking;
    return codec.encode(whole, {
      model: deployment.model,
      baseModel: deployment.baseModel,
      stream: false,
      maxOutputTokens: deployment.configuredMaxOutputTokens,
      wantsUsage: false,
      mayAskUsage: false,
      dropUnsupported: deployment.dropUnsupported,
      warn: () => undefined,
      createdAt: Math.floor(createdAt / 1000),
    });
  }
}

const UTF8 = new TextEncoder();

async function* once(bytes: Promise<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  yield await bytes;
}

async function* each(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  yield* pieces;
}

async function* after(
  first: IteratorResult<string, void>,
  rest: AsyncGenerator<string, void>,
): AsyncGenerator<string, void> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}

async function* bounded(pieces: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array, void> {
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.byteLength;
    if (bytes > maxBytes) {
      throw new GatewayError('too_large', `The upload is larger than the ${maxBytes} bytes this gateway takes.`);
    }
    yield piece;
  }
}

async function hold(pieces: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array[]> {
  const held: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.byteLength;
    if (bytes > maxBytes) {
      throw new GatewayError(
        'too_large',
        `A file of more than ${maxBytes} bytes needs its fields in front: write "purpose", and "model" unless it is a batch, before the file.`,
      );
    }
    held.push(piece);
  }
  return held;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

function textsTooLong(most: number): GatewayError {
  return new GatewayError('too_large', `The text fields of the form are longer than ${most} bytes together.`);
}

function moreThanOne(): GatewayError {
  return new GatewayError('invalid_input', 'The form has more than one file; one is taken at a time.', {
    param: 'file',
  });
}
