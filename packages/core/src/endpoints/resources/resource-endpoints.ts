import type { FixedNeed } from '../../call.js';
import type { JsonObject } from '../../encoding/json.js';
import { GatewayError } from '../../errors.js';
import type { PinnedAnswer, SendUpstream } from '../../operations/pinned-request.js';
import type { ResourceAction, ResourceOperation } from '../../operations/resource-operation.js';
import type { DeploymentTarget } from '../../routing/route-table.js';
import type { Endpoint, Exchange } from '../endpoint.js';
import { openUpload, type UploadDeps } from '../files/upload.js';
import { createCall, emptyRequestSummary } from '../shared/create-call.js';
import type { BillDeferred } from '../shared/deferred-billing.js';
import { joinPath } from '../shared/join-path.js';
import { jsonOf } from '../shared/open-call.js';
import { announcedBytes, type BodyDeps } from '../shared/read-body.js';
import { type SendPinnedDeps, sendPinned } from '../shared/send-pinned.js';
import { Collection, type CollectionDeps } from './collection.js';
import { limitOf, listResources } from './list-resources.js';

export interface ResourceEndpointDeps extends UploadDeps, BodyDeps, CollectionDeps {
  readonly billDeferred: BillDeferred;
  readonly send: SendPinnedDeps;
}

/** A request that was opened: its deployment is known, and belongs to the caller. */
interface Opened {
  readonly target: DeploymentTarget;
  readonly body?: JsonObject;
  /** Default: it costs nothing. */
  readonly need?: FixedNeed;
  run(ask: SendUpstream, present: Present): Promise<PinnedAnswer>;
}

/** A vendor's description as its owner sees it. Its usage is charged if it has finished. */
type Present = (thing: JsonObject, ask: SendUpstream) => Promise<JsonObject>;

type Open = (collection: Collection, exchange: Exchange) => Promise<Opened>;

/** The endpoints of resources that vendors store: list, create, and the actions on one of them. */
export function resourceEndpoints<Host>(operation: ResourceOperation, deps: ResourceEndpointDeps): Endpoint<Host>[] {
  const { path, madeOf } = operation;
  return [
    endpoint('GET', path, list),
    endpoint('POST', path, madeOf === 'form' ? createFromForm : (...opening) => createFromJson(madeOf, ...opening)),
    ...operation.actions.map((action) =>
      endpoint(action.method, `${path}/{id}${action.below}`, (...opening) => act(action, ...opening)),
    ),
  ];

  function endpoint(method: string, below: string, open: Open): Endpoint<Host> {
    return {
      name: operation.name,
      errors: operation.errors,
      routes: [{ method, path: below }],
      async handle(exchange) {
        const collection = new Collection(operation, exchange, deps);
        const opened = await open(collection, exchange);
        const { target, body, need = 'nothing' } = opened;
        const { group, deployment } = target;
        const summary = emptyRequestSummary(group.name);
        const call = createCall(exchange, { operation, group, summary, body: body ?? {}, fixedNeed: need });
        const account = await exchange.admit(call);
        const present: Present = async (thing, ask) => {
          const value = await collection.present(thing, target);
          const consumed = operation.consumed?.(thing);
          if (consumed !== undefined) await deps.billDeferred(call, target, String(value.id), consumed, ask);
          return value;
        };
        const run = (ask: SendUpstream) => opened.run(ask, present);
        return exchange.respond(await sendPinned(call, deployment, run, account, deps.send));
      },
    };
  }

  async function act(action: ResourceAction, collection: Collection, { params }: Exchange): Promise<Opened> {
    const { target, resource } = await collection.find(operation.kind, params.id ?? '');
    const at = joinPath(collection.pathAt(target.deployment), `/${encodeURIComponent(resource)}${action.below}`);
    return {
      target,
      async run(ask, present) {
        const reply = await ask({ method: action.method, path: at });
        if (action.answer === 'thing') return { kind: 'json', value: await present(await reply.json(), ask) };
        const headers = ['content-type', reply.headers.get('content-type') ?? 'application/octet-stream'];
        // A vendor's file must not run as a page of this site, whatever content type it has.
        headers.push('content-disposition', 'attachment', 'x-content-type-options', 'nosniff');
        return reply.handOn(headers);
      },
    };
  }

  async function list(collection: Collection, { request }: Exchange): Promise<Opened> {
    const query = new URLSearchParams(request.query);
    const target = collection.targetFor(query.get('model') ?? undefined);
    const given = query.get('after');
    const after = given === null ? undefined : (await collection.find(operation.kind, given)).resource;
    const [order, purpose] = [query.get('order') ?? undefined, query.get('purpose') ?? undefined];
    const asked = { limit: limitOf(query.get('limit')), after, order, purpose };
    return {
      target,
      async run(ask, present) {
        const found = await listResources(operation, collection, target, asked, ask);
        const data: JsonObject[] = [];
        for (const thing of found.things) data.push(await present(thing, ask));
        const [first_id, last_id] = [data[0]?.id ?? null, data.at(-1)?.id ?? null];
        return { kind: 'json', value: { object: 'list', data, first_id, last_id, has_more: found.more } };
      },
    };
  }

  async function createFromForm(collection: Collection, exchange: Exchange): Promise<Opened> {
    const { request, caller, startedAt } = exchange;
    const model = new URLSearchParams(request.query).get('model') ?? undefined;
    // A long form is read before the call is admitted, as far as its file, and all of it where the file comes first.
    const done = await deps.bodies.begin(caller.principal, announcedBytes(request));
    const targetFor = (named: string | undefined) => collection.targetFor(named);
    const upload = await openUpload(request, model, targetFor, startedAt, deps).finally(done);
    const { target } = upload;
    const ownerTag = await collection.ownerTag(target);
    const marked = (name: string) => String(operation.withOwnerTag({ filename: name }, ownerTag).filename);
    const { contentType, body } = await upload.write(marked);
    return {
      target,
      body: upload.fields,
      async run(ask, present) {
        const headers = { 'content-type': contentType };
        const reply = await ask({ method: 'POST', path: collection.pathAt(target.deployment), headers, body });
        return { kind: 'json', value: await present(await reply.json(), ask) };
      },
    };
  }

  async function createFromJson(
    { field, kind }: Exclude<ResourceOperation['madeOf'], 'form'>,
    collection: Collection,
    { request, caller }: Exchange,
  ): Promise<Opened> {
    const { model: _named, ...body } = await jsonOf(request, caller.principal, deps);
    const named = body[field];
    if (typeof named !== 'string') {
      throw new GatewayError('invalid_input', `"${field}" must be the id of a ${kind}.`, { param: field });
    }
    const { target, resource } = await collection.find(kind, named);
    const { deployment } = target;
    const sent = operation.withOwnerTag({ ...body, [field]: resource }, await collection.ownerTag(target));
    return {
      target,
      body,
      // The cost is not known in advance: a caller whose budget is exhausted may not start one.
      need: { deployment, tokens: 1, costNanoUsd: deps.hasPrice(deployment) ? 1 : undefined },
      async run(ask, present) {
        const reply = await ask({ method: 'POST', path: collection.pathAt(deployment), body: JSON.stringify(sent) });
        return { kind: 'json', value: await present(await reply.json(), ask) };
      },
    };
  }
}
