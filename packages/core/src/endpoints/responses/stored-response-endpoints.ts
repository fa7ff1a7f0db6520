import { estimateUsage } from '../../accounts/estimate-usage.js';
import type { Call } from '../../call.js';
import type { JsonObject } from '../../encoding/json.js';
import { GatewayError } from '../../errors.js';
import type { SendUpstream } from '../../operations/pinned-request.js';
import type { StoredResource } from '../../operations/resource-ids.js';
import type { StoredResponseAction, StoredResponseOperation } from '../../operations/stored-response-operation.js';
import type { DeploymentTarget } from '../../routing/route-table.js';
import { replaceIds } from '../../streams/replace-ids.js';
import type { Endpoint, Exchange } from '../endpoint.js';
import { createCall, emptyRequestSummary } from '../shared/create-call.js';
import type { BillDeferred } from '../shared/deferred-billing.js';
import { findResource } from '../shared/find-resource.js';
import { joinPath } from '../shared/join-path.js';
import { checkMayUse } from '../shared/open-call.js';
import { type SendPinnedDeps, sendPinned } from '../shared/send-pinned.js';
import type { StoredResponseDeps } from './previous-response.js';

export interface StoredResponseEndpointDeps {
  readonly storedResponses: StoredResponseDeps;
  readonly billDeferred: BillDeferred;
  readonly send: SendPinnedDeps;
}

/** A stored response of the caller, and its public id. */
interface Stored {
  readonly resource: StoredResource;
  readonly target: DeploymentTarget;
  readonly publicId: string;
}

/** The endpoints of stored responses: retrieve, delete, cancel, list the input. */
export function storedResponseEndpoints<Host>(
  operation: StoredResponseOperation,
  deps: StoredResponseEndpointDeps,
): Endpoint<Host>[] {
  return operation.actions.map((action) => ({
    name: operation.name,
    errors: operation.errors,
    routes: [{ method: action.method, path: `${operation.path}/{id}${action.below}` }],
    async handle(exchange) {
      checkMayUse(exchange.caller, operation.name);
      const publicId = exchange.params.id ?? '';
      const found = await findResource('response', publicId, exchange.caller.principal, deps.storedResponses);
      const stored = { ...found, publicId };
      const query = queryOf(exchange);
      const { group, deployment } = found.target;
      const summary = emptyRequestSummary(group.name);
      const call = createCall(exchange, { operation, group, summary, fixedNeed: 'nothing' });
      const account = await exchange.admit(call);
      const run = async (ask: SendUpstream) => {
        const value = await act(action, query, stored, call, ask);
        return { kind: 'json' as const, value };
      };
      return exchange.respond(await sendPinned(call, deployment, run, account, deps.send));
    },
  }));

  async function act(
    { method, below }: StoredResponseAction,
    query: URLSearchParams,
    stored: Stored,
    call: Call<unknown, StoredResponseOperation>,
    ask: SendUpstream,
  ): Promise<JsonObject> {
    const { resource, target, publicId } = stored;
    const collection = target.deployment.connection.paths[operation.name] ?? '';
    const answer = `/${encodeURIComponent(resource.id)}`;
    // A deleted response no longer reports its usage.
    if (resource.unbilled && method === 'DELETE') await look('GET', joinPath(collection, answer));
    const value = await look(method, joinPath(collection, answer + below, query));
    const reported = replaceIds(JSON.stringify(value), new Map([[resource.id, publicId]]));
    return JSON.parse(reported) as JsonObject;

    /** Sends the request, and charges usage that was not known when the response was created. */
    async function look(verb: StoredResponseAction['method'], path: string): Promise<JsonObject> {
      const reply = await ask({ method: verb, path, body: verb === 'POST' ? '{}' : undefined });
      const seen = await reply.json();
      const consumed = resource.unbilled && operation.consumed(seen);
      if (consumed !== undefined) {
        const usage = consumed.usage ?? estimateUsage(call.summary, operation.outputCharactersOf(seen));
        await deps.billDeferred(call, target, publicId, { ...consumed, usage }, ask);
      }
      return seen;
    }
  }
}

function queryOf({ request }: Exchange): URLSearchParams {
  const query = new URLSearchParams(request.query);
  if (!['true', '1'].includes(query.get('stream') ?? '')) return query;
  throw new GatewayError('invalid_input', 'A stored response is returned whole, not as a stream.', { param: 'stream' });
}
