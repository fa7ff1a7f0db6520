import type { Deployment } from '../../deployment.js';
import type { JsonObject } from '../../encoding/json.js';
import { GatewayError } from '../../errors.js';
import { mayUseModel } from '../../identity/access.js';
import { type ResourceIds, type ResourceKind, resourcesUnavailable } from '../../operations/resource-ids.js';
import type { ResourceOperation } from '../../operations/resource-operation.js';
import type { Principal } from '../../principal.js';
import { serves, unsupported } from '../../routing/candidate-sets.js';
import type { DeploymentTarget, RouteTable } from '../../routing/route-table.js';
import type { OpeningExchange } from '../endpoint.js';
import { findResource } from '../shared/find-resource.js';
import { checkMayUse } from '../shared/open-call.js';
import { resolveModelGroup } from '../shared/resolve-model-group.js';

export interface CollectionDeps {
  readonly table: RouteTable;
  /** Undefined if there is no secret to encrypt ids. */
  readonly resourceIds: ResourceIds | undefined;
}

/** The resources of one kind that vendors store for one caller: where they are, and how the caller sees them. */
export class Collection {
  readonly ids: ResourceIds;
  readonly #operation: ResourceOperation;
  readonly #principal: Principal;
  readonly #table: RouteTable;

  /** Throws for a caller who may not use it, and where no secret is configured. */
  constructor(operation: ResourceOperation, { caller }: Pick<OpeningExchange, 'caller'>, deps: CollectionDeps) {
    checkMayUse(caller, operation.name);
    if (deps.resourceIds === undefined) throw resourcesUnavailable(`"${operation.name}"`);
    this.ids = deps.resourceIds;
    this.#operation = operation;
    this.#principal = caller.principal;
    this.#table = deps.table;
  }

  async find(
    kind: ResourceKind,
    publicId: string,
  ): Promise<{ readonly target: DeploymentTarget; readonly resource: string }> {
    const found = await findResource(kind, publicId, this.#principal, { ids: this.ids, table: this.#table });
    return { target: found.target, resource: found.resource.id };
  }

  /** The tag of the caller at a deployment. */
  ownerTag({ deployment }: DeploymentTarget): Promise<string> {
    return this.ids.ownerTag(deployment.id, this.#principal.id);
  }

  /** The deployment that stores a new resource, or whose resources are listed. */
  targetFor(model: string | undefined): DeploymentTarget {
    const { name } = this.#operation;
    const groups = [...this.#table.groups.values()].filter((group) => mayUseModel(this.#principal, group.name));
    const able = groups.filter((group) => group.deployments.some((each) => serves(each, name)));
    const group = model === undefined ? able[0] : resolveModelGroup(model, this.#principal, this.#table);
    if (group === undefined) {
      throw new GatewayError('invalid_input', `No model that you may use supports "${name}".`, {
        code: 'unsupported_operation',
      });
    }
    if (model === undefined && able.length > 1) throw whichModel(able.map((each) => each.name));
    // Always the same deployment, or lists would change between requests.
    const deployment = group.deployments.find((each) => serves(each, name));
    if (deployment === undefined) throw unsupported(group, group, name);
    return { deployment, group };
  }

  /** The path of the collection at its vendor. */
  pathAt({ id: deployment, connection }: Deployment): string {
    const path = connection.relays?.[this.#operation.name];
    if (path !== undefined) return path;
    throw new GatewayError('invalid_input', `"${deployment}" does not support "${this.#operation.name}".`, {
      code: 'unsupported_operation',
    });
  }

  /** A vendor's description as its owner sees it: with public ids and without owner tags. */
  async present(thing: JsonObject, { deployment }: DeploymentTarget): Promise<JsonObject> {
    const value = { ...this.#operation.withoutOwnerTag(thing) };
    for (const [field, kind] of Object.entries(this.#operation.idFields)) {
      const resource = value[field];
      if (typeof resource !== 'string' || resource === '') continue;
      value[field] = await this.ids.encrypt(kind, { deployment: deployment.id, id: resource }, this.#principal.id);
    }
    return value;
  }
}

function whichModel(names: readonly string[]): GatewayError {
  const listed = names.slice(0, 50).map((name) => `"${name}"`);
  return new GatewayError(
    'invalid_input',
    `Name the model, with "?model=" or in the form: ${listed.join(', ')} support it.`,
    { param: 'model' },
  );
}
