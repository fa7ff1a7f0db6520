import { estimateUsage } from '../../accounts/estimate-usage.js';
import type { Call } from '../../call.js';
import { CallWarnings } from '../../call-warnings.js';
import type { Cancellation } from '../../cancellation.js';
import type { JsonObject } from '../../encoding/json.js';
import { GatewayError } from '../../errors.js';
import type { Caller } from '../../identity/identify.js';
import type { IncomingRequest } from '../../incoming-request.js';
import type { SendUpstream } from '../../operations/pinned-request.js';
import type { StoredResponseAction, StoredResponseOperation } from '../../operations/stored-response-operation.js';
import { replaceIds } from '../../streams/replace-ids.js';
import type { BillDeferred } from '../shared/deferred-billing.js';
import { emptyRequestSummary } from '../shared/empty-request-summary.js';
import { findResource } from '../shared/find-resource.js';
import { joinPath } from '../shared/join-path.js';
import { checkMayUse } from '../shared/open-call.js';
import type { StoredResponseDeps } from './previous-response.js';

/** A stored response and the action on it. */
export interface StoredResponseMatch {
  readonly kind: 'storedResponse';
  readonly operation: StoredResponseOperation;
  readonly action: StoredResponseAction;
  readonly id: string;
}

export interface StoredResponseCallDeps {
  readonly storedResponses: StoredResponseDeps;
  readonly billDeferred: BillDeferred;
}

/** Opens a call about a stored response: retrieve, delete, cancel, or list its input. */
export async function openStoredResponseCall<Host>(
  id: string,
  startedAt: number,
  { operation, action, id: publicId }: StoredResponseMatch,
  caller: Caller,
  request: IncomingRequest<Host>,
  cancellation: Cancellation,
  deps: StoredResponseCallDeps,
): Promise<Call<Host, StoredResponseOperation>> {
  checkMayUse(caller, operation.name);
  const { resource, target } = await findResource('response', publicId, caller.principal, deps.storedResponses);
  const { deployment, group } = target;
  const query = new URLSearchParams(request.query);
  if (['true', '1'].includes(query.get('stream') ?? '')) {
    throw new GatewayError('invalid_input', 'A stored response is returned whole, not as a stream.', {
      param: 'stream',
    });
  }
  const collection = deployment.connection.paths[operation.name] ?? '';
  const answer = `/${encodeURIComponent(resource.id)}`;
  const call: Call<Host, StoredResponseOperation> = {
    id,
    operation,
    principal: caller.principal,
    via: caller.via,
    summary: emptyRequestSummary(group.name),
    body: {},
    form: undefined,
    group,
    overrides: undefined,
    pinned: { deployment, need: undefined, maxDurationMs: group.totalMs, run },
    host: request.host,
    headers: { get: (name) => request.header(name) },
    tags: caller.principal.tags ?? [],
    startedAt,
    cancellation,
    attempts: [],
    warnings: new CallWarnings(),
  };
  return call;

  async function run(ask: SendUpstream) {
    const { method, below } = action;
    // A deleted response no longer reports its usage.
    if (resource.unbilled && method === 'DELETE') await look(ask, 'GET', joinPath(collection, answer));
    const value = await look(ask, method, joinPath(collection, answer + below, query));
    const reported = replaceIds(JSON.stringify(value), new Map([[resource.id, publicId]]));
    return { kind: 'json' as const, value: JSON.parse(reported) as JsonObject };
  }

  /** Sends the request, and charges usage that was not known when the response was created. */
  async function look(ask: SendUpstream, method: StoredResponseAction['method'], path: string): Promise<JsonObject> {
    const reply = await ask({ method, path, body: method === 'POST' ? '{}' : undefined });
    const value = await reply.json();
    const consumed = resource.unbilled && operation.consumed(value);
    if (consumed !== undefined) {
      const usage = consumed.usage ?? estimateUsage(call.summary, operation.outputCharactersOf(value));
      await deps.billDeferred(call, target, publicId, { ...consumed, usage }, ask);
    }
    return value;
  }
}
