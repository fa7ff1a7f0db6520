import type { Call } from '../call.js';
import type { Cancellation } from '../cancellation.js';
import type { Deployment } from '../deployment.js';
import type { Ask, Errand, ErrandAnswer } from '../errand.js';
import { GatewayError } from '../errors.js';
import { mayUseModel } from '../governance/access.js';
import { type HeldIds, type HeldKind, nothingCanBeHeld } from '../held-id.js';
import type { HeldAction, HeldOperation } from '../held-operation.js';
import type { IncomingRequest } from '../incoming.js';
import { isJsonObject, type JsonObject } from '../json.js';
import type { RelayedOperationName } from '../operation.js';
import { serves, unsupported } from '../routing/lanes.js';
import type { Place, RouteTable } from '../routing/route-table.js';
import { addressBelow } from './address-below.js';
import type { ChargeOnce } from './charge-once.js';
import { findHeld } from './find-held.js';
import type { Caller } from './identify.js';
import { nothingDemanded } from './nothing-demanded.js';
import { checkMayUse, jsonOf } from './open-call.js';
import { openUpload, type UploadParts } from './open-upload.js';
import { usableGroup } from './usable-group.js';

/** What a request asks of the things that vendors keep. */
export interface HeldMatch {
  readonly kind: 'held';
  readonly operation: HeldOperation;
  /** Of the collection; else of the thing with the id. */
  readonly action: 'list' | 'create' | HeldAction;
  readonly id: string | undefined;
}

export interface HeldCallParts extends UploadParts {
  readonly table: RouteTable;
  readonly maxBodyBytes: number;
  /** Undefined where there is no secret to seal ids with. */
  readonly heldIds: HeldIds | undefined;
  readonly chargeOnce: ChargeOnce;
}

/** What is known once it is found who is to be asked. */
interface Opened {
  readonly place: Place;
  readonly body: JsonObject;
  readonly need?: Errand['need'];
  run(ask: Ask, call: HeldCall): Promise<ErrandAnswer>;
}

type HeldCall = Call<unknown, HeldOperation>;

/** Finds the deployment that has, or is to have, what the request is about, and checks that it is the caller's. */
export async function openHeldCall<Host>(
  id: string,
  startedAt: number,
  matched: HeldMatch,
  caller: Caller,
  request: IncomingRequest<Host>,
  cancellation: Cancellation,
  parts: HeldCallParts,
): Promise<Call<Host, HeldOperation>> {
  const { operation, action } = matched;
  checkMayUse(caller, operation.name);
  const ids = parts.heldIds;
  if (ids === undefined) throw nothingCanBeHeld(`"${operation.name}"`);
  const ownerId = caller.principal.id;
  const query = new URLSearchParams(request.query);

  const opened = await (action === 'list'
    ? openList(ids)
    : action !== 'create'
      ? openThing(ids, matched.id ?? '', action)
      : operation.madeOf === 'form'
        ? openForm(ids)
        : openJson(ids, operation.madeOf));
  const { place, body } = opened;
  const call: Call<Host, HeldOperation> = {
    id,
    operation,
    principal: caller.principal,
    via: caller.via,
    demand: nothingDemanded(place.group.name),
    body,
    form: undefined,
    group: place.group,
    steering: undefined,
    errand: {
      deployment: place.deployment,
      need: opened.need,
      longestMs: place.group.totalMs,
      run: (ask) => opened.run(ask, call),
    },
    host: request.host,
    headers: { get: (name) => request.header(name) },
    tags: caller.principal.tags ?? [],
    startedAt,
    cancellation,
    attempts: [],
    warnings: [],
  };
  return call;

  async function openThing(sealed: HeldIds, shown: string, wanted: HeldAction): Promise<Opened> {
    const { place, held } = await find(sealed, operation.kind, shown);
    const path = addressBelow(collectionOf(place.deployment), `/${encodeURIComponent(held)}${wanted.below}`);
    return {
      place,
      body: {},
      async run(ask, opening) {
        const reply = await ask({ method: wanted.method, path });
        if (wanted.answer === 'thing') return present(await reply.json(), sealed, place, ask, opening);
        const headers = ['content-type', reply.headers.get('content-type') ?? 'application/octet-stream'];
        // A vendor's file is not a page of this site, whatever it says of itself.
        headers.push('content-disposition', 'attachment', 'x-content-type-options', 'nosniff');
        return reply.handOn(headers);
      },
    };
  }

  async function openList(sealed: HeldIds): Promise<Opened> {
    const place = placeFor(query.get('model') ?? undefined);
    const given = query.get('after');
    const after = given === null ? undefined : (await find(sealed, operation.kind, given)).held;
    const limit = limitOf(query.get('limit'));
    return {
      place,
      body: {},
      async run(ask, opening) {
        const found = await pageOf(sealed, place, limit, after, ask);
        const data: JsonObject[] = [];
        for (const thing of found.things) {
          const { value } = await present(thing, sealed, place, ask, opening);
          data.push(value);
        }
        const [first_id, last_id] = [data[0]?.id ?? null, data.at(-1)?.id ?? null];
        return { kind: 'json', value: { object: 'list', data, first_id, last_id, has_more: found.more } };
      },
    };
  }

  /** The owner's own among everybody's, page by page. */
  async function pageOf(sealed: HeldIds, place: Place, limit: number, start: string | undefined, ask: Ask) {
    const mark = await sealed.mark(place.deployment.id, ownerId);
    const things: JsonObject[] = [];
    let after = start;
    let more = true;
    for (let pages = 0; more && pages < MOST_PAGES; pages += 1) {
      const path = addressBelow(collectionOf(place.deployment), '', [
        ['limit', String(PAGE)],
        ['after', after],
        ['order', query.get('order') ?? undefined],
        ['purpose', query.get('purpose') ?? undefined],
      ]);
      const page = await (await ask({ method: 'GET', path })).json();
      const found = Array.isArray(page.data) ? (page.data as unknown[]).filter(isJsonObject) : [];
      for (const thing of found) {
        if (operation.markOf(thing) !== mark) continue;
        if (things.length === limit) return { things, more: true };
        things.push(thing);
      }
      const { id: last } = found.at(-1) ?? {};
      more = page.has_more === true && typeof last === 'string' && last !== after;
      after = typeof last === 'string' ? last : after;
    }
    return { things, more };
  }

  async function openForm(sealed: HeldIds): Promise<Opened> {
    const upload = await openUpload(request, query.get('model') ?? undefined, placeFor, startedAt, parts);
    const { place } = upload;
    const mark = await sealed.mark(place.deployment.id, ownerId);
    const marked = (name: string) => String(operation.withMark({ filename: name }, mark).filename);
    const { contentType, body } = await upload.write(marked);
    return {
      place,
      body: upload.fields,
      async run(ask, opening) {
        const headers = { 'content-type': contentType };
        const reply = await ask({ method: 'POST', path: collectionOf(place.deployment), headers, body });
        return present(await reply.json(), sealed, place, ask, opening);
      },
    };
  }

  async function openJson(sealed: HeldIds, made: { readonly field: string; readonly kind: HeldKind }): Promise<Opened> {
    const { model: _named, ...body } = await jsonOf(request, parts.maxBodyBytes);
    const named = body[made.field];
    if (typeof named !== 'string') {
      throw new GatewayError('invalid_input', `"${made.field}" must be the id of a ${made.kind}.`, {
        param: made.field,
      });
    }
    const { place, held } = await find(sealed, made.kind, named);
    const mark = await sealed.mark(place.deployment.id, ownerId);
    const sent = operation.withMark({ ...body, [made.field]: held }, mark);
    return {
      place,
      body,
      // What it will cost nobody knows before it is done: whoever has nothing left may not begin.
      need: { tokens: 1, costNanoUsd: parts.hasPrice(place.deployment) ? 1 : undefined },
      async run(ask, opening) {
        const path = collectionOf(place.deployment);
        const reply = await ask({ method: 'POST', path, body: JSON.stringify(sent) });
        return present(await reply.json(), sealed, place, ask, opening);
      },
    };
  }

  async function find(sealed: HeldIds, kind: HeldKind, shown: string): Promise<{ place: Place; held: string }> {
    const { held, place } = await findHeld(kind, shown, caller.principal, { ids: sealed, table: parts.table });
    return { place, held: held.id };
  }

  function placeFor(model: string | undefined): Place {
    const groups = [...parts.table.groups.values()].filter((group) => mayUseModel(caller.principal, group.name));
    const able = groups.filter((group) => group.deployments.some((each) => serves(each, operation.name)));
    const group = model === undefined ? able[0] : usableGroup(model, caller.principal, parts.table);
    if (group === undefined) throw nobodyHas(operation.name);
    if (model === undefined && able.length > 1) throw whichModel(able.map(({ name }) => name));
    // Always the same one, or lists would show now these things and now those.
    const deployment = group.deployments.find((each) => serves(each, operation.name));
    if (deployment === undefined) throw unsupported(group, group, operation.name);
    return { deployment, group };
  }

  function collectionOf({ id: deployment, connection }: Deployment): string {
    const path = connection.relays?.[operation.name];
    if (path !== undefined) return path;
    throw new GatewayError('invalid_input', `"${deployment}" has no "${operation.name}".`, {
      code: 'unsupported_operation',
    });
  }

  /** A vendor's description as its owner is told it: ids that lead back here, no marks. What it consumed is charged on the way. */
  async function present(
    thing: JsonObject,
    sealed: HeldIds,
    place: Place,
    ask: Ask,
    opening: HeldCall,
  ): Promise<ErrandAnswer & { kind: 'json' }> {
    const deployment = place.deployment.id;
    const value = { ...operation.withoutMark(thing) };
    for (const [field, kind] of Object.entries(operation.idFields)) {
      const held = value[field];
      if (typeof held === 'string' && held !== '')
        value[field] = await sealed.seal(kind, { deployment, id: held }, ownerId);
    }
    const consumed = operation.consumed?.(thing);
    if (consumed !== undefined) await parts.chargeOnce(opening, place, String(value.id), consumed, ask);
    return { kind: 'json', value };
  }
}

/** What vendors give at once. */
const PAGE = 100;
/** How far a list is followed through things of others before the caller is to ask for the rest. */
const MOST_PAGES = 20;

function limitOf(given: string | null): number {
  if (given === null) return 20;
  const limit = Number(given);
  if (Number.isInteger(limit) && limit > 0) return Math.min(limit, PAGE * MOST_PAGES);
  throw new GatewayError('invalid_input', '"limit" must be a whole number above zero.', { param: 'limit' });
}

function nobodyHas(operation: RelayedOperationName): GatewayError {
  return new GatewayError('invalid_input', `No model that you may use has "${operation}".`, {
    code: 'unsupported_operation',
  });
}

function whichModel(names: readonly string[]): GatewayError {
  return new GatewayError(
    'invalid_input',
    `Say for which model, as "?model=" or in the form: ${names
      .slice(0, 50)
      .map((name) => `"${name}"`)
      .join(', ')} have a place for it.`,
    { param: 'model' },
  );
}
