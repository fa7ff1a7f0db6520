import type { PreviousResponse } from '../../call.js';
import type { Deployment } from '../../deployment.js';
import type { JsonObject } from '../../encoding/json.js';
import { GatewayError } from '../../errors.js';
import type { ModelGroup } from '../../model-group.js';
import type { ResponseStorage, UpstreamOperation } from '../../operation.js';
import type { ResourceIds } from '../../operations/resource-ids.js';
import type { Principal } from '../../principal.js';
import { findDeployment, type RouteTable } from '../../routing/route-table.js';

export interface StoredResponseDeps {
  readonly ids: ResourceIds;
  readonly table: RouteTable;
}

/** The stored response that a request continues. Throws if it is not one of this principal's. */
export async function findPreviousResponse(
  { requestField: field }: ResponseStorage,
  body: JsonObject,
  principal: Principal,
  deps: StoredResponseDeps,
): Promise<PreviousResponse | undefined> {
  const publicId = body[field];
  if (publicId === undefined || publicId === null) return undefined;
  const found = typeof publicId === 'string' ? await deps.ids.decrypt('response', publicId, principal.id) : undefined;
  const deployment = found && deps.table.findTarget(found.deployment)?.deployment;
  if (typeof publicId === 'string' && found !== undefined && deployment !== undefined) {
    return { field, publicId, upstreamId: found.id, deployment };
  }
  throw new GatewayError(
    'invalid_input',
    `"${field}" names no stored response of yours. Send the whole conversation instead.`,
    { param: field, code: 'previous_response_not_found' },
  );
}

/**
 * Restricts the deployments of a call that needs stored responses: to those that store them or, to continue one, to
 * those of the account where it is stored.
 */
export function deploymentFilterFor(
  operation: UpstreamOperation,
  body: JsonObject,
  previousResponse: PreviousResponse | undefined,
  group: ModelGroup,
  table: RouteTable,
): ((deployment: Deployment) => boolean) | undefined {
  const { storage, name } = operation;
  if (storage === undefined || (previousResponse === undefined && !storage.requiresStoredState(body))) return undefined;
  const may = (deployment: Deployment) =>
    deployment.codecs[name]?.storesResponses === true &&
    (previousResponse === undefined || isSameAccount(deployment, previousResponse.deployment));
  if (findDeployment(group, table, may) !== undefined) return may;
  // Then the upstream reports what it does not support.
  if (previousResponse === undefined) return undefined;
  throw new GatewayError(
    'invalid_input',
    `"${storage.requestField}" names a stored response that no deployment of "${group.name}" can continue: it is stored in another account. Send the whole conversation instead.`,
    { param: storage.requestField, code: 'previous_response_not_found' },
  );
}

/** Models of one account can read each other's stored responses. */
export function isSameAccount(one: Deployment, other: Deployment): boolean {
  if (one === other) return true;
  const [mine, its] = [one.connection, other.connection];
  if (mine.origin !== its.origin || mine.paths.responses !== its.paths.responses) return false;
  const names = new Set([...Object.keys(mine.headers), ...Object.keys(its.headers)]);
  return [...names].every((name) => mine.headers[name] === its.headers[name]);
}
