import { mayUseModel } from '../../identity/access.js';
import {
  type ResourceIds,
  type ResourceKind,
  resourceNotFound,
  type StoredResource,
} from '../../operations/resource-ids.js';
import type { Principal } from '../../principal.js';
import type { DeploymentTarget, RouteTable } from '../../routing/route-table.js';

/** The stored resource of a public id, and its deployment. Throws a 404 for one that is not the principal's. */
export async function findResource(
  kind: ResourceKind,
  publicId: string,
  principal: Principal,
  { ids, table }: { readonly ids: ResourceIds; readonly table: RouteTable },
): Promise<{ readonly resource: StoredResource; readonly target: DeploymentTarget }> {
  const resource = await ids.decrypt(kind, publicId, principal.id);
  const target = resource && table.findTarget(resource.deployment);
  if (resource !== undefined && target !== undefined && mayUseModel(principal, target.group.name))
    return { resource, target };
  throw resourceNotFound(kind, publicId);
}
