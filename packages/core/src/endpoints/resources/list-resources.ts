import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import { GatewayError } from '../../errors.js';
import type { SendUpstream } from '../../operations/pinned-request.js';
import type { ResourceOperation } from '../../operations/resource-operation.js';
import type { DeploymentTarget } from '../../routing/route-table.js';
import { joinPath } from '../shared/join-path.js';
import type { Collection } from './collection.js';

/** The largest page of a list at vendors. */
const PAGE = 100;
/** How many entries of other owners are skipped before the caller has to ask for the next page. */
const MOST_PAGES = 20;

export interface ListedResources {
  readonly things: readonly JsonObject[];
  readonly more: boolean;
}

export interface ListQuery {
  readonly limit: number;
  /** The vendor's id of the last entry before. */
  readonly after: string | undefined;
  readonly order: string | undefined;
  readonly purpose: string | undefined;
}

/** The owner's own entries among those of the whole account, page by page. */
export async function listResources(
  operation: ResourceOperation,
  collection: Collection,
  target: DeploymentTarget,
  query: ListQuery,
  ask: SendUpstream,
): Promise<ListedResources> {
  const ownerTag = await collection.ownerTag(target);
  const things: JsonObject[] = [];
  let { after } = query;
  let more = true;
  for (let pages = 0; more && pages < MOST_PAGES; pages += 1) {
    const path = joinPath(collection.pathAt(target.deployment), '', [
      ['limit', String(PAGE)],
      ['after', after],
      ['order', query.order],
      ['purpose', query.purpose],
    ]);
    const page = await (await ask({ method: 'GET', path })).json();
    const found = Array.isArray(page.data) ? (page.data as unknown[]).filter(isJsonObject) : [];
    for (const thing of found) {
      if (operation.ownerTagOf(thing) !== ownerTag) continue;
      if (things.length === query.limit) return { things, more: true };
      things.push(thing);
    }
    const { id: last } = found.at(-1) ?? {};
    more = page.has_more === true && typeof last === 'string' && last !== after;
    after = typeof last === 'string' ? last : after;
  }
  return { things, more };
}

/** Throws for a limit that is not a whole number above zero. */
export function limitOf(given: string | null): number {
  if (given === null) return 20;
  const limit = Number(given);
  if (Number.isInteger(limit) && limit > 0) return Math.min(limit, PAGE * MOST_PAGES);
  throw new GatewayError('invalid_input', '"limit" must be a whole number above zero.', { param: 'limit' });
}
