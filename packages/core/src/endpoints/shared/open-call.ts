import type { Call } from '../../call.js';
import type { Deployment } from '../../deployment.js';
import { isJsonObject, isPromise, type JsonObject } from '../../encoding/json.js';
import { MAX_JSON_DEPTH, SCANNED_BYTES, scanBrackets } from '../../encoding/json-depth.js';
import { describeType } from '../../encoding/read-fields.js';
import { GatewayError } from '../../errors.js';
import { boundaryOf, type Form, readForm } from '../../forms/form.js';
import { mayUseOperation } from '../../identity/access.js';
import type { Caller } from '../../identity/identify.js';
import type { IncomingRequest } from '../../incoming-request.js';
import type { ModelGroup } from '../../model-group.js';
import type { OperationName, UpstreamOperation } from '../../operation.js';
import type { Principal } from '../../principal.js';
import type { RoutingOverrides } from '../../routes/routing-overrides.js';
import { findDeployment, type RouteTable } from '../../routing/route-table.js';
import type { OpeningExchange } from '../endpoint.js';
import {
  deploymentFilterFor,
  findPreviousResponse,
  isSameAccount,
  type StoredResponseDeps,
} from '../responses/previous-response.js';
import { type ContentHooks, transformRequest } from './content-hooks.js';
import { createCall } from './create-call.js';
import { LONGEST_LOCATED, locateJsonError } from './locate-json-error.js';
import { type BodyDeps, readWholeBody } from './read-body.js';
import { readRoutingOverrides } from './read-routing-overrides.js';
import { resolveModelGroup } from './resolve-model-group.js';
import { resolveReferences, type VendorReferenceDeps } from './vendor-references.js';
import { withoutLiteLlmControls } from './without-litellm-controls.js';

export interface OpenCallDeps extends BodyDeps, VendorReferenceDeps {
  readonly content: ContentHooks;
  readonly table: RouteTable;
  readonly storedResponses: StoredResponseDeps;
  /** The prefixes of headers with routing overrides; undefined if they are not allowed. */
  readonly overridePrefixes: readonly string[] | undefined;
  /** With `compat: litellm`: the names of the plugins, which requests may name as guardrails. */
  readonly guardrails: ReadonlySet<string> | undefined;
}

/** Reads the body, once, and checks what the operation requires and whether the caller may use it. */
export async function openCall<Host>(
  exchange: OpeningExchange<Host>,
  operation: UpstreamOperation,
  deps: OpenCallDeps,
): Promise<Call<Host>> {
  const { request, caller } = exchange;
  const { principal } = caller;
  checkMayUse(caller, operation.name);
  const form = operation.input === 'form' ? await formOf(request, principal, deps) : undefined;
  const sent = form !== undefined ? form.fields : await jsonOf(request, principal, deps);
  const warnings: string[] = [];
  const asSent = { json: sent, summary: operation.read(sent) };
  const { json, summary } =
    deps.content.requestTransforms.length === 0
      ? asSent
      : await transformRequest(exchange, operation, asSent, (message) => warnings.push(message), deps.content);
  const group = resolveModelGroup(summary.model, principal, deps.table);
  const overrides = deps.overridePrefixes && readOverrides(deps.overridePrefixes);
  const routed = overrides === undefined ? json : overrides.body;
  const { guardrails } = deps;
  const stated = guardrails === undefined ? routed : withoutLiteLlmControls(routed, operation.name, guardrails);
  const resolved = resolveReferences(stated, principal, deps);
  const { body, storedAt } = isPromise(resolved) ? await resolved : resolved;
  const previousResponse =
    operation.storage && (await findPreviousResponse(operation.storage, body, principal, deps.storedResponses));
  const call = createCall(exchange, {
    operation,
    group,
    summary,
    body: previousResponse === undefined ? body : { ...body, [previousResponse.field]: previousResponse.upstreamId },
    form,
    overrides: overrides?.overrides,
    tags: tagsOf(principal, overrides?.overrides),
    previousResponse,
    deploymentFilter: both(
      deploymentFilterFor(operation, body, previousResponse, group, deps.table),
      storedAt && filterFor(storedAt, group, deps.table),
    ),
  });
  for (const warning of warnings) call.warnings.add(warning);
  return call;

  function readOverrides(headerPrefixes: readonly string[]) {
    return readRoutingOverrides(
      {
        body: json,
        header: (name) => request.header(name),
        headerPrefixes,
        checkTarget: (name, where) => resolveModelGroup(name, principal, deps.table, where),
      },
      summary,
    );
  }
}

type DeploymentFilter = (deployment: Deployment) => boolean;

/** Those that can read what is stored at one deployment. */
function filterFor(storedAt: Deployment, group: ModelGroup, table: RouteTable): DeploymentFilter {
  const may = (deployment: Deployment) => isSameAccount(deployment, storedAt);
  if (findDeployment(group, table, may) !== undefined) return may;
  throw new GatewayError('invalid_input', `"${group.name}" cannot read this file: it is stored with another vendor.`, {
    param: 'model',
    code: 'unknown_reference',
  });
}

function both(one: DeploymentFilter | undefined, other: DeploymentFilter | undefined): DeploymentFilter | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return (deployment) => one(deployment) && other(deployment);
}

const NO_TAGS: readonly string[] = [];
export function checkMayUse({ principal }: Caller, operation: OperationName): void {
  if (mayUseOperation(principal, operation)) return;
  throw new GatewayError('forbidden', `This credential may not use "${operation}".`);
}

export async function jsonOf(request: IncomingRequest, principal: Principal, deps: BodyDeps): Promise<JsonObject> {
  const { body } = request;
  const json = body.kind === 'parsed' ? body.value : parse(await readWholeBody(request, body, principal, deps));
  if (isJsonObject(json)) return json;
  throw new GatewayError('invalid_input', `The body must be a JSON object; found ${describeType(json)}.`);
}

function tagsOf({ tags = NO_TAGS }: Principal, overrides: RoutingOverrides | undefined): readonly string[] {
  return overrides === undefined ? tags : [...new Set([...tags, ...overrides.tags])];
}

async function formOf(request: IncomingRequest, principal: Principal, deps: BodyDeps): Promise<Form> {
  const { body } = request;
  const type = request.header('content-type');
  boundaryOf(type);
  if (body.kind === 'bytes') return readForm(await readWholeBody(request, body, principal, deps), type);
  throw formTakenApart();
}

export function formTakenApart(): GatewayError {
  return new GatewayError(
    'invalid_input',
    'A parser in front of the gateway has consumed this form, and its files are gone. ' +
      'Mount the gateway before that parser, or limit the parser to the paths that need it.',
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
