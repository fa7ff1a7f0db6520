import type { Deployment } from '../../deployment.js';
import type { JsonObject } from '../../encoding/json.js';
import { GatewayError } from '../../errors.js';
import { fileHead, LINE_END, newBoundary, textField } from '../../forms/form.js';
import { type ComingPart, readFormParts, textOf } from '../../forms/form-stream.js';
import type { IncomingRequest } from '../../incoming-request.js';
import type { UpstreamOperationName } from '../../operation.js';
import type { DeploymentTarget } from '../../routing/route-table.js';
import { linesOf, modelOfLine, rewriteLines } from '../batches/lines.js';
import { formTakenApart } from '../shared/open-call.js';

export interface UploadDeps {
  readonly maxBodyBytes: number;
  readonly maxFileBytes: number;
  /** The operation of the URL of a line of a batch; undefined if models do not answer it. */
  operationAt(url: string): UpstreamOperationName | undefined;
  hasPrice(deployment: Deployment): boolean;
}

/** A file on its way to the deployment that will store it. */
export interface Upload {
  readonly target: DeploymentTarget;
  /** The fields that came before it; all of them if it was small. */
  readonly fields: JsonObject;
  /** The form as sent to the deployment. */
  write(rename: (fileName: string) => string): Promise<{
    readonly contentType: string;
    readonly body: Uint8Array | AsyncIterable<Uint8Array>;
  }>;
}

/** Fields for the gateway that no vendor needs. */
const OWN_FIELDS = new Set(['model', 'target_model_names']);

/** The purpose of files whose lines are requests. */
const BATCH = 'batch';

/**
 * Opens a form with a file. As soon as the target and the purpose are known, the file is streamed. If they are only
 * in fields after the file, it is buffered, up to the size limit of other bodies.
 */
export async function openUpload(
  request: IncomingRequest,
  wantedModel: string | undefined,
  targetFor: (model: string | undefined) => DeploymentTarget,
  createdAt: number,
  parts: UploadDeps,
): Promise<Upload> {
  const { body } = request;
  if (body.kind !== 'bytes') throw formTakenApart();
  const pieces = body.stream === undefined ? once(body.read(parts.maxBodyBytes)) : body.stream();
  const coming = readFormParts(bounded(pieces, parts.maxFileBytes), request.header('content-type'));
  const fields: [name: string, text: string][] = [];
  let textLength = 0;
  let file: ComingPart | undefined;
  let resource: Uint8Array[] | undefined;
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
      resource = await collect(part.value, parts.maxBodyBytes);
    }
  }
  if (file === undefined)
    throw new GatewayError('invalid_input', '"file" must be a file; it is missing.', { param: 'file' });
  const { name, fileName = '', type, value } = file;
  const content = resource === undefined ? value : each(resource);
  const isBatch = fieldOf('purpose') === BATCH;
  const lines = isBatch ? linesOf(content, parts.maxBodyBytes) : undefined;
  const first = lines && (await lines.next());
  const asked = modelAsked() ?? (first?.done === false ? modelOfLine(first.value) : undefined);
  const target = targetFor(asked);

  return {
    target,
    fields: { ...Object.fromEntries(fields), [name]: { fileName, type } },
    async write(rename) {
      const boundary = newBoundary();
      const written = writeForm(boundary, rename(fileName));
      return {
        contentType: `multipart/form-data; boundary=${boundary}`,
        body: resource === undefined ? written : joined(await collect(written, Number.POSITIVE_INFINITY)),
      };
    },
  };

  function fieldOf(wanted: string): string | undefined {
    return fields.find(([field]) => field === wanted)?.[1];
  }

  function modelAsked(): string | undefined {
    return wantedModel ?? fieldOf('model') ?? fieldOf('target_model_names');
  }

  /** The first line of a batch decides its deployment. */
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
    if (resource === undefined) {
      for (let next = await coming.next(); !next.done; next = await coming.next()) {
        const part = next.value;
        if (part.fileName !== undefined) throw moreThanOne();
        const text = await textOf(part);
        if (!OWN_FIELDS.has(part.name)) yield textField(boundary, part.name, text);
      }
    }
    yield UTF8.encode(`--${boundary}--\r\n`);
  }

  /**
   * A line of a batch is handled like a call: it has the public name of the model, and is converted to the
   * deployment's format.
   */
  function rewrite(url: string, runner: JsonObject): JsonObject {
    const { deployment, group } = target;
    if (runner.model !== group.name) {
      const found = typeof runner.model === 'string' ? JSON.stringify(runner.model.slice(0, 100)) : 'no model';
      throw new GatewayError('invalid_input', `it asks for ${found}, but the file is for "${group.name}".`, {
        code: 'mismatched_model',
      });
    }
    const operation = parts.operationAt(url);
    const codec = operation && deployment.provider.codecs[operation];
    if (codec === undefined) {
      throw new GatewayError('invalid_input', `${url.slice(0, 100)} cannot be used in a batch.`, { param: 'url' });
    }
    const { stream: _stream, stream_options: _options, ...whole } = runner;
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
      throw new GatewayError('too_large', `The upload is larger than the ${maxBytes} bytes this gateway accepts.`);
    }
    yield piece;
  }
}

async function collect(pieces: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array[]> {
  const resource: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.byteLength;
    if (bytes > maxBytes) {
      throw new GatewayError(
        'too_large',
        `With a file of more than ${maxBytes} bytes, the other fields must come before the file: "purpose" and, unless it is a batch, "model".`,
      );
    }
    resource.push(piece);
  }
  return resource;
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
  return new GatewayError('invalid_input', 'The form has more than one file; send one at a time.', {
    param: 'file',
  });
}
