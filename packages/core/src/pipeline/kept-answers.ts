import type { Reference } from '../call.js';
import type { Deployment } from '../deployment.js';
import { GatewayError } from '../errors.js';
import type { HeldIds } from '../held-id.js';
import type { JsonObject } from '../json.js';
import type { ModelGroup } from '../model-group.js';
import type { KeptAnswers, UpstreamOperation } from '../operation.js';
import type { Principal } from '../principal.js';
import { findDeployment, type RouteTable } from '../routing/route-table.js';

export interface KeptParts {
  readonly ids: HeldIds;
  readonly table: RouteTable;
}

/** The kept answer that a request goes on from. Throws where it is none of this principal's. */
export async function findReference(
  { reference: field }: KeptAnswers,
  body: JsonObject,
  principal: Principal,
  parts: KeptParts,
): Promise<Reference | undefined> {
  const shown = body[field];
  if (shown === undefined || shown === null) return undefined;
  const found = typeof shown === 'string' ? await parts.ids.open('response', shown, principal.id) : undefined;
  const deployment = found && parts.table.placeOf(found.deployment)?.deployment;
  if (typeof shown === 'string' && found !== undefined && deployment !== undefined) {
    return { field, shown, id: found.id, deployment };
  }
  throw new GatewayError(
    'invalid_input',
    `"${field}" names no answer that is kept for you here. Send the whole conversation instead.`,
    { param: field, code: 'previous_response_not_found' },
  );
}

/**
 * Which deployments may be asked, where not all that serve the operation may: those that keep answers, and to go on from one
 * those of the account that keeps it.
 */
export function whoMayAnswer(
  operation: UpstreamOperation,
  body: JsonObject,
  reference: Reference | undefined,
  group: ModelGroup,
  table: RouteTable,
): ((deployment: Deployment) => boolean) | undefined {
  const { keeps, name } = operation;
  if (keeps === undefined || (reference === undefined && !keeps.needsKeeper(body))) return undefined;
  const may = (deployment: Deployment) =>
    deployment.codecs[name]?.keepsAnswers === true &&
    (reference === undefined || isSameAccount(deployment, reference.deployment));
  if (findDeployment(group, table, may) !== undefined) return may;
  // Then whoever is asked says what it cannot do.
  if (reference === undefined) return undefined;
  throw new GatewayError(
    'invalid_input',
    `"${keeps.reference}" names an answer that no deployment of "${group.name}" can go on from: another account keeps it. Send the whole conversation instead.`,
    { param: keeps.reference, code: 'previous_response_not_found' },
  );
}

/** Models of one account share what it keeps. */
function isSameAccount(one: Deployment, other: Deployment): boolean {
  if (one === other) return true;
  const [mine, its] = [one.connection, other.connection];
  if (mine.origin !== its.origin || mine.paths.responses !== its.paths.responses) return false;
  const names = new Set([...Object.keys(mine.headers), ...Object.keys(its.headers)]);
  return [...names].every((name) => mine.headers[name] === its.headers[name]);
}
