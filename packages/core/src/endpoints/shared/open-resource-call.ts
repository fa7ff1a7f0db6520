import type { Call } from '../../call.js';
import { CallWarnings } from '../../call-warnings.js';
import type { Cancellation } from '../../cancellation.js';
import type { Deployment } from '../../deployment.js';
import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import { GatewayError } from '../../errors.js';
import { mayUseModel } from '../../identity/access.js';
import type { Caller } from '../../identity/identify.js';
import type { IncomingRequest } from '../../incoming-request.js';
import type { RelayedOperationName } from '../../operation.js';
import type { PinnedRequest, PinnedResponse, SendUpstream } from '../../operations/pinned-request.js';
import { type ResourceIds, type ResourceKind, resourcesUnavailable } from '../../operations/resource-ids.js';
import type { ResourceAction, ResourceOperation } from '../../operations/resource-operation.js';
import { serves, unsupported } from '../../routing/candidate-sets.js';
import type { DeploymentTarget, RouteTable } from '../../routing/route-table.js';
import { openUpload, type UploadDeps } from '../files/upload.js';
import type { BillDeferred } from './deferred-billing.js';
import { emptyRequestSummary } from './empty-request-summary.js';
import { findResource } from './find-resource.js';
import { joinPath } from './join-path.js';
import { checkMayUse, jsonOf } from './open-call.js';
import { announcedBytes, type BodyDeps } from './read-body.js';
import { resolveModelGroup } from './resolve-model-group.js';

/** A request about stored resources. */
export interface ResourceMatch {
  readonly kind: 'resource';
  readonly operation: ResourceOperation;
  /** The action on the collection, or on the resource with the id. */
  readonly action: 'list' | 'create' | ResourceAction;
  readonly id: string | undefined;
}

export interface ResourceCallDeps extends UploadDeps, BodyDeps {
  readonly table: RouteTable;
  readonly maxBodyBytes: number;
  /** Undefined if there is no secret to encrypt ids. */
  readonly resourceIds: ResourceIds | undefined;
  readonly billDeferred: BillDeferred;
}

/** What is known once the deployment is found. */
interface Opened {
  readonly target: DeploymentTarget;
  readonly body: JsonObject;
  readonly need?: PinnedRequest['need'];
  run(ask: SendUpstream, call: ResourceCall): Promise<PinnedResponse>;
}

type ResourceCall = Call<unknown, ResourceOperation>;

/** Finds the deployment that has, or will have, the resource, and checks that it belongs to the caller. */
export async function openResourceCall<Host>(
  id: string,
  startedAt: number,
  matched: ResourceMatch,
  caller: Caller,
  request: IncomingRequest<Host>,
  cancellation: Cancellation,
  deps: ResourceCallDeps,
): Promise<Call<Host, ResourceOperation>> {
  const { operation, action } = matched;
  checkMayUse(caller, operation.name);
  const ids = deps.resourceIds;
  if (ids === undefined) throw resourcesUnavailable(`"${operation.name}"`);
  const ownerId = caller.principal.id;
  const query = new URLSearchParams(request.query);

  const opened = await (action === 'list'
    ? openList(ids)
    : action !== 'create'
      ? openThing(ids, matched.id ?? '', action)
      : operation.madeOf === 'form'
        ? openForm(ids)
        : openJson(ids, operation.madeOf));
  const { target, body } = opened;
  const call: Call<Host, ResourceOperation> = {
    id,
    operation,
    principal: caller.principal,
    via: caller.via,
    summary: emptyRequestSummary(target.group.name),
    body,
    form: undefined,
    group: target.group,
    overrides: undefined,
    pinned: {
      deployment: target.deployment,
      need: opened.need,
      maxDurationMs: target.group.totalMs,
      run: (ask) => opened.run(ask, call),
    },
    host: request.host,
    headers: { get: (name) => request.header(name) },
    tags: caller.principal.tags ?? [],
    startedAt,
    cancellation,
    attempts: [],
    warnings: new CallWarnings(),
  };
  return call;

  async function openThing(resourceIds: ResourceIds, publicId: string, wanted: ResourceAction): Promise<Opened> {
    const { target, resource } = await find(resourceIds, operation.kind, publicId);
    const path = joinPath(collectionOf(target.deployment), `/${encodeURIComponent(resource)}${wanted.below}`);
    return {
      target,
      body: {},
      async run(ask, opening) {
        const reply = await ask({ method: wanted.method, path });
        if (wanted.answer === 'thing') return present(await reply.json(), resourceIds, target, ask, opening);
        const headers = ['content-type', reply.headers.get('content-type') ?? 'application/octet-stream'];
        // A vendor's file must not run as a page of this site, whatever content type it has.
        headers.push('content-disposition', 'attachment', 'x-content-type-options', 'nosniff');
        return reply.handOn(headers);
      },
    };
  }

  async function openList(resourceIds: ResourceIds): Promise<Opened> {
    const target = targetFor(query.get('model') ?? undefined);
    const given = query.get('after');
    const after = given === null ? undefined : (await find(resourceIds, operation.kind, given)).resource;
    const limit = limitOf(query.get('limit'));
    return {
      target,
      body: {},
      async run(ask, opening) {
        const found = await pageOf(resourceIds, target, limit, after, ask);
        const data: JsonObject[] = [];
        for (const thing of found.things) {
          const { value } = await present(thing, resourceIds, target, ask, opening);
          data.push(value);
        }
        const [first_id, last_id] = [data[0]?.id ?? null, data.at(-1)?.id ?? null];
        return { kind: 'json', value: { object: 'list', data, first_id, last_id, has_more: found.more } };
      },
    };
  }

  /** The owner's own entries among those of the whole account, page by page. */
  async function pageOf(
    resourceIds: ResourceIds,
    target: DeploymentTarget,
    limit: number,
    start: string | undefined,
    ask: SendUpstream,
  ) {
    const ownerTag = await resourceIds.ownerTag(target.deployment.id, ownerId);
    const things: JsonObject[] = [];
    let after = start;
    let more = true;
    for (let pages = 0; more && pages < MOST_PAGES; pages += 1) {
      const path = joinPath(collectionOf(target.deployment), '', [
        ['limit', String(PAGE)],
        ['after', after],
        ['order', query.get('order') ?? undefined],
        ['purpose', query.get('purpose') ?? undefined],
      ]);
      const page = await (await ask({ method: 'GET', path })).json();
      const found = Array.isArray(page.data) ? (page.data as unknown[]).filter(isJsonObject) : [];
      for (const thing of found) {
        if (operation.ownerTagOf(thing) !== ownerTag) continue;
        if (things.length === limit) return { things, more: true };
        things.push(thing);
      }
      const { id: last } = found.at(-1) ?? {};
      more = page.has_more === true && typeof last === 'string' && last !== after;
      after = typeof last === 'string' ? last : after;
    }
    return { things, more };
  }

  async function openForm(resourceIds: ResourceIds): Promise<Opened> {
    // A long form is read before the call is admitted, as far as its file, and all of it where the file comes first.
    const done = await deps.bodies.begin(caller.principal, announcedBytes(request));
    const form = openUpload(request, query.get('model') ?? undefined, targetFor, startedAt, deps);
    const upload = await form.finally(done);
    const { target } = upload;
    const ownerTag = await resourceIds.ownerTag(target.deployment.id, ownerId);
    const marked = (name: string) => String(operation.withOwnerTag({ filename: name }, ownerTag).filename);
    const { contentType, body } = await upload.write(marked);
    return {
      target,
      body: upload.fields,
      async run(ask, opening) {
        const headers = { 'content-type': contentType };
        const reply = await ask({ method: 'POST', path: collectionOf(target.deployment), headers, body });
        return present(await reply.json(), resourceIds, target, ask, opening);
      },
    };
  }

  async function openJson(
    resourceIds: ResourceIds,
    made: { readonly field: string; readonly kind: ResourceKind },
  ): Promise<Opened> {
    const { model: _named, ...body } = await jsonOf(request, caller.principal, deps);
    const named = body[made.field];
    if (typeof named !== 'string') {
      throw new GatewayError('invalid_input', `"${made.field}" must be the id of a ${made.kind}.`, {
        param: made.field,
      });
    }
    const { target, resource } = await find(resourceIds, made.kind, named);
    const ownerTag = await resourceIds.ownerTag(target.deployment.id, ownerId);
    const sent = operation.withOwnerTag({ ...body, [made.field]: resource }, ownerTag);
    return {
      target,
      body,
      // The cost is not known in advance: a caller whose budget is exhausted may not start one.
      need: { tokens: 1, costNanoUsd: deps.hasPrice(target.deployment) ? 1 : undefined },
      async run(ask, opening) {
        const path = collectionOf(target.deployment);
        const reply = await ask({ method: 'POST', path, body: JSON.stringify(sent) });
        return present(await reply.json(), resourceIds, target, ask, opening);
      },
    };
  }

  async function find(
    resourceIds: ResourceIds,
    kind: ResourceKind,
    publicId: string,
  ): Promise<{ target: DeploymentTarget; resource: string }> {
    const { resource, target } = await findResource(kind, publicId, caller.principal, {
      ids: resourceIds,
      table: deps.table,
    });
    return { target, resource: resource.id };
  }

  function targetFor(model: string | undefined): DeploymentTarget {
    const groups = [...deps.table.groups.values()].filter((group) => mayUseModel(caller.principal, group.name));
    const able = groups.filter((group) => group.deployments.some((each) => serves(each, operation.name)));
    const group = model === undefined ? able[0] : resolveModelGroup(model, caller.principal, deps.table);
    if (group === undefined) throw nobodyHas(operation.name);
    if (model === undefined && able.length > 1) throw whichModel(able.map(({ name }) => name));
    // Always the same deployment, or lists would change between requests.
    const deployment = group.deployments.find((each) => serves(each, operation.name));
    if (deployment === undefined) throw unsupported(group, group, operation.name);
    return { deployment, group };
  }

  function collectionOf({ id: deployment, connection }: Deployment): string {
    const path = connection.relays?.[operation.name];
    if (path !== undefined) return path;
    throw new GatewayError('invalid_input', `"${deployment}" does not support "${operation.name}".`, {
      code: 'unsupported_operation',
    });
  }

  /**
   * A vendor's description as its owner sees it: with public ids and without owner tags. Its usage is charged if it
   * has finished.
   */
  async function present(
    thing: JsonObject,
    resourceIds: ResourceIds,
    target: DeploymentTarget,
    ask: SendUpstream,
    opening: ResourceCall,
  ): Promise<PinnedResponse & { kind: 'json' }> {
    const deployment = target.deployment.id;
    const value = { ...operation.withoutOwnerTag(thing) };
    for (const [field, kind] of Object.entries(operation.idFields)) {
      const resource = value[field];
      if (typeof resource === 'string' && resource !== '')
        value[field] = await resourceIds.encrypt(kind, { deployment, id: resource }, ownerId);
    }
    const consumed = operation.consumed?.(thing);
    if (consumed !== undefined) await deps.billDeferred(opening, target, String(value.id), consumed, ask);
    return { kind: 'json', value };
  }
}

/** The largest page of a list at vendors. */
const PAGE = 100;
/** How many entries of other owners are skipped before the caller has to ask for the next page. */
const MOST_PAGES = 20;

function limitOf(given: string | null): number {
  if (given === null) return 20;
  const limit = Number(given);
  if (Number.isInteger(limit) && limit > 0) return Math.min(limit, PAGE * MOST_PAGES);
  throw new GatewayError('invalid_input', '"limit" must be a whole number above zero.', { param: 'limit' });
}

function nobodyHas(operation: RelayedOperationName): GatewayError {
  return new GatewayError('invalid_input', `No model that you may use supports "${operation}".`, {
    code: 'unsupported_operation',
  });
}

function whichModel(names: readonly string[]): GatewayError {
  return new GatewayError(
    'invalid_input',
    `Name the model, with "?model=" or in the form: ${names
      .slice(0, 50)
      .map((name) => `"${name}"`)
      .join(', ')} support it.`,
    { param: 'model' },
  );
}
