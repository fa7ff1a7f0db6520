import { GatewayError } from '../errors.js';
import { mayUseModel, mayUseOperation } from '../identity/access.js';
import type { ModelGroup } from '../model-group.js';
import type { Principal } from '../principal.js';
import type { WholeReply } from '../reply.js';
import type { RouteTable } from '../routing/route-table.js';
import type { Endpoint } from './endpoint.js';
import { errorFormat } from './shared/error-format.js';
import { resolveModelGroup } from './shared/resolve-model-group.js';

export interface ModelsDeps {
  readonly table: RouteTable;
  /** Seconds since the epoch: the `created` of every model. */
  readonly createdAt: number;
}

/**
 * `GET /models`: the groups the caller may use, in the order of the configuration; names that only a pattern matches
 * are not listed. Not counted and not recorded, like `GET /models/{id}`.
 */
export function modelsEndpoint<Host>({ table, createdAt }: ModelsDeps): Endpoint<Host> {
  return {
    name: 'models',
    errors: errorFormat,
    routes: [{ method: 'GET', path: '/models' }],
    handle({ id, caller: { principal } }) {
      checkMayList(principal);
      const groups = [...table.groups.values()].filter(({ name }) => mayUseModel(principal, name));
      const ends = { first_id: groups[0]?.name ?? null, last_id: groups.at(-1)?.name ?? null };
      const data = groups.map((group) => describe(group, createdAt));
      return reply({ object: 'list', data, has_more: false, ...ends }, id);
    },
  };
}

/** `GET /models/{id}` */
export function oneModelEndpoint<Host>({ table, createdAt }: ModelsDeps): Endpoint<Host> {
  return {
    name: 'models',
    errors: errorFormat,
    // Names may hold slashes.
    routes: [{ method: 'GET', path: '/models/{model...}' }],
    handle({ id, params, caller: { principal } }) {
      checkMayList(principal);
      return reply(describe(resolveModelGroup(decoded(params.model ?? ''), principal, table), createdAt), id);
    },
  };
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function checkMayList(principal: Principal): void {
  if (!mayUseOperation(principal, 'models'))
    throw new GatewayError('forbidden', 'This credential may not list models.');
}

/** Two APIs list models at the same path, with fields that do not collide: each client reads its own. */
function describe({ name, deployments }: ModelGroup, createdAt: number): object {
  return {
    id: name,
    object: 'model',
    created: createdAt,
    owned_by: deployments[0]?.provider.name ?? 'unknown',
    type: 'model',
    display_name: name,
    created_at: new Date(createdAt * 1000).toISOString(),
  };
}

function reply(value: object, requestId: string): WholeReply {
  return {
    kind: 'whole',
    status: 200,
    headers: ['content-type', 'application/json', 'x-request-id', requestId],
    body: JSON.stringify(value),
  };
}
