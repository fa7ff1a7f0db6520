import type { Call, FixedNeed, PreviousResponse } from '../../call.js';
import { CallWarnings } from '../../call-warnings.js';
import type { Deployment } from '../../deployment.js';
import type { JsonObject } from '../../encoding/json.js';
import type { Form } from '../../forms/form.js';
import type { ModelGroup } from '../../model-group.js';
import type { Operation, RequestSummary } from '../../operation.js';
import type { RoutingOverrides } from '../../routes/routing-overrides.js';
import type { OpeningExchange } from '../endpoint.js';

/** What an endpoint has read of a request. */
export interface OpenedRequest<Asked extends Operation> {
  readonly operation: Asked;
  readonly group: ModelGroup;
  readonly summary: RequestSummary;
  /** Default: empty. */
  readonly body?: JsonObject;
  readonly form?: Form | undefined;
  readonly overrides?: RoutingOverrides | undefined;
  /** Default: those of the principal. */
  readonly tags?: readonly string[];
  /** See `Call`. Default: it follows from the body and the route. */
  readonly fixedNeed?: FixedNeed | undefined;
  /** Milliseconds. Default: the longest duration of the group. */
  readonly maxDurationMs?: number;
  readonly previousResponse?: PreviousResponse | undefined;
  readonly deploymentFilter?: ((deployment: Deployment) => boolean) | undefined;
}

const NO_TAGS: readonly string[] = [];
const NO_ACCOUNTS: Call['accounts'] = [];

/** The call of a request. Every property is always set, in this order: calls of all endpoints have one hidden class. */
export function createCall<Host, Asked extends Operation>(
  { id, startedAt, request, caller, cancellation }: OpeningExchange<Host>,
  opened: OpenedRequest<Asked>,
): Call<Host, Asked> {
  return {
    id,
    operation: opened.operation,
    principal: caller.principal,
    via: caller.via,
    summary: opened.summary,
    body: opened.body ?? {},
    headers: { get: (name) => request.header(name) },
    form: opened.form,
    group: opened.group,
    overrides: opened.overrides,
    fixedNeed: opened.fixedNeed,
    maxDurationMs: opened.maxDurationMs ?? opened.group.totalMs,
    previousResponse: opened.previousResponse,
    deploymentFilter: opened.deploymentFilter,
    host: request.host,
    tags: opened.tags ?? caller.principal.tags ?? NO_TAGS,
    startedAt,
    cancellation,
    accounts: NO_ACCOUNTS,
    attempts: [],
    warnings: new CallWarnings(),
  };
}

/** The request summary of a call that goes to no model. */
export function emptyRequestSummary(model: string): RequestSummary {
  return {
    model,
    stream: false,
    wantsUsage: false,
    inputCharacters: 0,
    inputAttachments: 0,
    maxOutputTokens: 0,
    answers: 1,
  };
}
