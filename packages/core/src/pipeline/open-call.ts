import type { Call } from '../call.js';
import type { Cancellation } from '../cancellation.js';
import { GatewayError } from '../errors.js';
import { boundaryOf, type Form, readForm } from '../form.js';
import { mayUseOperation } from '../governance/access.js';
import type { IncomingRequest } from '../incoming.js';
import { isJsonObject, type JsonObject } from '../json.js';
import type { OperationName, UpstreamOperation } from '../operation.js';
import { kindOf } from '../operations/read-fields.js';
import type { Principal } from '../principal.js';
import type { RouteTable } from '../routing/route-table.js';
import type { Steering } from '../steering.js';
import type { Caller } from './identify.js';
import { MAX_JSON_DEPTH, SCANNED_BYTES, scanBrackets } from './json-depth.js';
import { findReference, type KeptParts, whoMayAnswer } from './kept-answers.js';
import { LONGEST_LOCATED, locateJsonError } from './locate-json-error.js';
import { readSteering } from './read-steering.js';
import { usableGroup } from './usable-group.js';

export interface OpenCallParts {
  readonly table: RouteTable;
  readonly kept: KeptParts;
  readonly maxBodyBytes: number;
  /** What headers begin with by which a request may steer its routing; undefined where none may. */
  readonly steeringPrefixes: readonly string[] | undefined;
}

/** Reads the body, once, and checks what the operation declares and whether the caller may ask for it. */
export async function openCall<Host>(
  id: string,
  startedAt: number,
  operation: UpstreamOperation,
  caller: Caller,
  request: IncomingRequest<Host>,
  cancellation: Cancellation,
  parts: OpenCallParts,
): Promise<Call<Host>> {
  checkMayUse(caller, operation.name);
  const form = operation.input === 'form' ? await formOf(request, parts.maxBodyBytes) : undefined;
  const json = form !== undefined ? form.fields : await jsonOf(request, parts.maxBodyBytes);
  const demand = operation.read(json);
  const { principal } = caller;
  const group = usableGroup(demand.model, principal, parts.table);
  const steered =
    parts.steeringPrefixes &&
    readSteering(
      {
        body: json,
        header: (name) => request.header(name),
        headerPrefixes: parts.steeringPrefixes,
        checkTarget: (name, where) => usableGroup(name, principal, parts.table, where),
      },
      demand,
    );
  const body = steered === undefined ? json : steered.body;
  const reference = operation.keeps && (await findReference(operation.keeps, body, principal, parts.kept));
  return {
    id,
    operation,
    principal,
    via: caller.via,
    demand,
    body: reference === undefined ? body : { ...body, [reference.field]: reference.id },
    headers: { get: (name) => request.header(name) },
    form,
    group,
    reference,
    mayAnswer: whoMayAnswer(operation, body, reference, group, parts.table),
    steering: steered?.steering,
    host: request.host,
    tags: tagsOf(principal, steered?.steering),
    startedAt,
    cancellation,
    attempts: [],
    warnings: [],
  };
}

const NO_TAGS: readonly string[] = [];
export function checkMayUse({ principal }: Caller, operation: OperationName): void {
  if (mayUseOperation(principal, operation)) return;
  throw new GatewayError('forbidden', `This credential may not use "${operation}".`);
}

export async function jsonOf({ body }: IncomingRequest, maxBytes: number): Promise<JsonObject> {
  const json = body.kind === 'parsed' ? body.value : parse(await body.read(maxBytes));
  if (isJsonObject(json)) return json;
  throw new GatewayError('invalid_input', `The body must be a JSON object; found ${kindOf(json)}.`);
}

function tagsOf({ tags = NO_TAGS }: Principal, steering: Steering | undefined): readonly string[] {
  return steering === undefined ? tags : [...new Set([...tags, ...steering.tags])];
}

async function formOf(request: IncomingRequest, maxBytes: number): Promise<Form> {
  const { body } = request;
  const type = request.header('content-type');
  boundaryOf(type);
  if (body.kind === 'bytes') return readForm(await body.read(maxBytes), type);
  throw formTakenApart();
}

export function formTakenApart(): GatewayError {
  return new GatewayError(
    'invalid_input',
    'Something in front of the gateway took this form apart, and its files are not there any more. ' +
      'Mount the gateway before that parser, or keep the parser to the paths that need it.',
  );
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function parse(bytes: Uint8Array): unknown {
  if (bytes.byteLength === 0) {
    throw new GatewayError('invalid_input', 'The body is empty; a JSON object was expected.');
  }
  const brackets = bytes.byteLength > SCANNED_BYTES ? scanBrackets(bytes) : 'closed';
  if (brackets === 'deep') {
    throw new GatewayError('invalid_input', `The body is nested more than ${MAX_JSON_DEPTH} levels deep.`);
  }
  if (brackets === 'cut' && bytes.byteLength > LONGEST_LOCATED) {
    throw notJson(`: it ends after ${bytes.byteLength} bytes, in the middle of a value`);
  }
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch (cause) {
    throw new GatewayError('invalid_input', 'The body is not valid UTF-8.', { cause });
  }
  try {
    return JSON.parse(text);
  } catch {
    if (text.length > LONGEST_LOCATED) throw notJson('');
    const { line, column } = locateJsonError(text);
    throw notJson(` at line ${line}, column ${column}`);
  }
}

function notJson(where: string): GatewayError {
  return new GatewayError('invalid_input', `The body is not valid JSON${where}.`, { code: 'json_parse_error' });
}
